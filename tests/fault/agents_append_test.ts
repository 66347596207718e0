/** Agents that append to an outbox on a real disk, without a lock, while it is signed and sent. */
import assert from "node:assert/strict";
import path from "node:path";
import { createContext } from "../../client/context.ts";
import { archive } from "../../client/operations/archive.ts";
import { push } from "../../client/operations/push.ts";
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

Deno.test("ruling 1, S27: of lines appended while the outbox is archived again and again, by path or by who has it open, each arrives once", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const world = new MailWorld();
    const { alice, bob } = await world.paired();
    const env = new FakeEnv({ variables: { WIRE_HOME: directory } });
    const context = createContext({ ...realPlatform(), env, net: world.net }, { warn: () => {} });
    await context.home.createIdentity({ handle: alice.handle });
    const { slotId: slot_id, slotToken: slot_token } = bob;
    await context.home.updateRelayState("test", (state) => ({
      ...state,
      peers: { bob: { relay_url: RELAY_URL, slot_id, slot_token } },
    }));
    await Deno.writeTextFile(context.home.file.config, "[send]\nretry_window_s = 0\n");
    const file = path.join(context.home.file.outbox, "bob.jsonl");
    await Deno.mkdir(context.home.file.outbox, { recursive: true });
    await Deno.writeTextFile(file, "");
    const lineOf = (body: unknown) => `${JSON.stringify({ kind: "claim", body })}\n`;
    let isWriting = true;
    const byPath = async () => {
      for (let line = 0; line < LINES / 2; line++) {
        await Deno.writeTextFile(file, lineOf([0, line]), { append: true });
      }
    };
    const holding = async () => {
      using open = await Deno.open(file, { append: true });
      for (let line = 0; line < LINES / 2; line++) {
        await open.write(new TextEncoder().encode(lineOf([1, line])));
        if (line % 10 === 0) await Deno.stat(file); // lets the others go on
      }
    };
    const writing = Promise.all([byPath(), holding()]).then(() => isWriting = false);
    let moved = 0;
    while (isWriting || moved === 0) {
      await push.run(context, {});
      const { archived } = await archive.run(context, archive.input.parse({ olderThan: "0d" }));
      moved += archived.length;
    }
    await writing;
    await push.run(context, {});
    const bodies = world.relay.texts(bob.slotId).map((text) =>
      JSON.stringify(JSON.parse(text).body)
    );
    const all = [0, 1].flatMap((agent) =>
      [...Array(LINES / 2).keys()].map((line) => `[${agent},${line}]`)
    );
    assert.deepEqual(bodies.toSorted(), all.toSorted());
    assert.ok(moved > 0, `${moved}`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
