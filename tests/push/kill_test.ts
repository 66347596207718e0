/** The receiver dies at every durable step of mail that a connection brings, and is started again. */
import assert from "node:assert/strict";
import { type ClientContext, createContext } from "../../client/context.ts";
import { Lines } from "../../client/sync/lines.ts";
import { Puller } from "../../client/sync/puller.ts";
import { ownRoutes } from "../../client/sync/routes.ts";
import { type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import { eventFrom, MailWorld, type Party, received } from "../fault/mail_world.ts";
import { SocketRelay } from "../fault/socket_relay.ts";

async function receiving(context: ClientContext, { identity, clock }: Party): Promise<Lines> {
  const reader = new Puller(context, identity);
  const lines = new Lines(context, { reader, onMail: () => {}, onPair: () => {} });
  lines.follow(ownRoutes(await context.home.readRelayState()));
  for (let turn = 0; turn < 8; turn++) await clock.settle();
  return lines;
}

/** @returns whether there was such a step */
async function diesAt(index: number, moment: CrashMoment): Promise<boolean> {
  const mail = new MailWorld();
  const relay = SocketRelay.in(mail);
  const { alice, bob } = await mail.paired();
  relay.serve(bob);
  const carol = await mail.party("carol");
  const files = new FaultFiles(bob.disk).crashAt(index, moment);
  const start = (own: FaultFiles): ClientContext =>
    createContext({ ...bob.platform, files: own }, { warn: () => {} });
  relay.intercept = (text) => {
    const frame = JSON.parse(text);
    if (frame.op !== "ack") return true;
    const stored = received(bob, "alice").length + (frame.seq >= 2 ? 1 : 0);
    assert.ok(stored >= frame.seq, `acked ${frame.seq}, stored ${stored}`);
    return true;
  };
  mail.relay.plant(bob.slotId, eventFrom(alice, bob, { body: "one" }).text);
  const first = await receiving(start(files), bob);
  mail.relay.plant(bob.slotId, eventFrom(carol, bob, { body: "a stranger's" }).text);
  relay.flush();
  await bob.clock.settle();
  mail.relay.plant(bob.slotId, eventFrom(alice, bob, { body: "two" }).text);
  relay.flush();
  for (let turn = 0; turn < 8; turn++) await bob.clock.settle();
  await first.close().catch(() => undefined); // of the dead, only the disk is left
  relay.cut();
  const second = await receiving(start(new FaultFiles(bob.disk)), bob);
  assert.deepEqual(received(bob, "alice"), ["one", "two"]);
  assert.deepEqual(received(bob, "carol"), []);
  const quarantined = await bob.disk.list(`${bob.context.home.paths.stateRoot}/quarantine`);
  assert.equal(quarantined.length, 1);
  await second.close();
  return files.crashed;
}

for (const moment of ["before", "torn", "after"] satisfies CrashMoment[]) {
  Deno.test(`P1: killed ${moment} any step of mail that is pushed, it is there once, and acked only then`, async () => {
    let steps = 0;
    while (await diesAt(steps, moment)) steps++;
    assert.ok(steps > 5, `${steps} steps`);
  });
}
