/** A daemon that has seen much mail holds no more memory than one that has seen little. */
import assert from "node:assert/strict";
import v8 from "node:v8";
import vm from "node:vm";
import { createContext } from "../../client/context.ts";
import { daemonLink } from "../../daemon/link.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { realPlatform } from "../../platform/real.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { eventFrom, MailWorld, type Party, pin } from "../fault/mail_world.ts";
import { isLongRun } from "../runs.ts";
import { Running } from "./running.ts";

const BATCH = 1_000;
/** Of those one in ten goes out, the others come in. */
const EVENTS = isLongRun() ? 100_000 : 5_000;
const OUT = BATCH / 10;
/** Between the first tenth and the end. */
const MOST_GROWTH_BYTES = 8 * 1024 * 1024;

/** Live bytes, after everything that is garbage has gone. */
function heapUsed(): number {
  v8.setFlagsFromString("--expose-gc");
  const collect: unknown = vm.runInNewContext("gc");
  assert.ok(typeof collect === "function");
  collect();
  return Deno.memoryUsage().heapUsed;
}

/** Bob on a real disk, where mail does not lie in this process's memory. */
async function onDisk(bob: Party, alice: Party, directory: string): Promise<Party> {
  const env = new FakeEnv({ variables: { WIRE_HOME: directory }, homeDirectory: directory });
  const platform = { ...realPlatform(), env, net: bob.platform.net, sockets: bob.platform.sockets };
  const context = createContext(platform, { warn: () => {} });
  const identity = await context.home.createIdentity({ handle: bob.handle });
  const self = { relay_url: "http://relay.test", slot_id: bob.slotId, slot_token: bob.slotToken };
  await context.home.updateRelayState("test", (state) => ({ ...state, self }));
  const party = { ...bob, context, identity };
  await pin(party, alice);
  return party;
}

Deno.test("P8: the memory of a daemon is flat, whatever has come and gone, and whoever watched", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-soak-" });
  const world = new MailWorld();
  const alice = await world.party("alice");
  const bob = await onDisk(await world.party("bob"), alice, directory);
  const { files } = bob.context.platform;
  const outbox = new Outbox({ files, stateRoot: bob.context.home.paths.stateRoot });
  const slot = world.relay.slots.get(bob.slotId);
  const running = new Running(bob);
  await running.next();
  const stop = new AbortController();
  const idle = daemonLink(bob.context.home).watch(stop.signal)[Symbol.asyncIterator]();
  await idle.next(); // and then takes nothing
  let start = 0;
  try {
    for (let seen = 0; seen < EVENTS; seen += BATCH) {
      for (let count = OUT; count < BATCH; count++) {
        world.relay.plant(bob.slotId, eventFrom(alice, bob, { body: `${seen} ${count}` }).text);
      }
      const sent = Array.from(
        { length: OUT },
        (_, count) => eventFrom(bob, alice, { body: `${seen} ${count}` }).text,
      );
      await files.ensureDirectory(outbox.directory);
      await files.append(outbox.path(alice.handle), `${sent.join("\n")}\n`, { point: "test" });
      for (const stream of slot?.streams ?? []) {
        stream.enqueue(new TextEncoder().encode("data: {}\n\n"));
      }
      for (let left = BATCH; left > 0;) {
        const { pull, push } = await running.next();
        left -= pull.written.length + push.pushed.length;
      }
      // What the fakes remember is none of the daemon's.
      slot?.events.splice(0, slot.events.length - 1);
      for (const remembered of [world.relay.log, world.net.requests]) remembered.length = 0;
      world.relay.slots.get(alice.slotId)?.events.splice(0);
      if (seen + BATCH === Math.max(EVENTS / 10, BATCH)) start = heapUsed();
    }
    const growth = heapUsed() - start;
    assert.ok(growth < MOST_GROWTH_BYTES, `${growth} bytes more after ${EVENTS} events`);
  } finally {
    stop.abort();
    running.stop.abort();
    await running.ended();
    await Deno.remove(directory, { recursive: true });
  }
});
