/** Agents that append to an outbox on a real disk, without a lock, while it is signed and sent. */
import assert from "node:assert/strict";
import path from "node:path";
import { createContext } from "../../client/context.ts";
import { Pusher } from "../../client/sync/pusher.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { realPlatform } from "../../platform/real.ts";
import { MailWorld, NEVER, RELAY_URL } from "./mail_world.ts";

const LINES = 600;

Deno.test("ruling 1, S27: of lines appended while others are signed and blanked, each arrives once, in order", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    const env = new FakeEnv({ variables: { WIRE_HOME: directory } });
    const context = createContext({ ...realPlatform(), env, net: world.net }, { warn: () => {} });
    const identity = await context.home.createIdentity({ handle: alice.handle });
    const { slotId: slot_id, slotToken: slot_token } = bob;
    await context.home.updateRelayState("test", (state) => ({
      ...state,
      peers: { bob: { relay_url: RELAY_URL, slot_id, slot_token } },
    }));
    const file = path.join(context.home.file.outbox, "bob.jsonl");
    let isWriting = true;
    const agents = [0, 1].map(async (agent) => {
      for (let line = 0; line < LINES / 2; line++) {
        const text = JSON.stringify({ kind: "claim", body: [agent, line] });
        await Deno.writeTextFile(file, `${text}\n`, { append: true });
      }
    });
    const writing = Promise.all(agents).then(() => isWriting = false);
    const pusher = new Pusher(context, identity);
    while (isWriting) await pusher.round({ signal: NEVER });
    await writing;
    await pusher.round({ signal: NEVER });
    const bodies: [number, number][] = world.relay.texts(bob.slotId)
      .map((text) => JSON.parse(text).body);
    for (const agent of [0, 1]) {
      const numbers = bodies.filter(([from]) => from === agent).map(([, line]) => line);
      assert.deepEqual(numbers, [...Array(LINES / 2).keys()]);
    }
    const lines = (await Deno.readTextFile(file)).split("\n").filter((line) => line.trim() !== "");
    assert.equal(lines.length, LINES);
    for (const line of lines) assert.ok(line.includes('"signature"'));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
