/** `push` and `pull` on a home that a daemon serves (docs/protocol/cli.md §5.4). */
import assert from "node:assert/strict";
import { createContext } from "../../client/context.ts";
import { pull } from "../../client/operations/pull.ts";
import { push } from "../../client/operations/push.ts";
import { send } from "../../client/operations/send.ts";
import { daemonLink } from "../../daemon/link.ts";
import { eventFrom, MailWorld, neverTold, type Party, RELAY_URL } from "../fault/mail_world.ts";
import { queue, Running } from "./running.ts";

/** Another process of that home. */
const beside = (party: Party) =>
  createContext(party.platform, {
    warn: (line) => void party.warnings.push(line),
    daemon: daemonLink(party.context.home),
  });

/** While the time goes on. */
async function meanwhile<T>({ clock }: Party, work: Promise<T>): Promise<T> {
  let isOver = false;
  const done = work.finally(() => void (isOver = true));
  done.catch(() => undefined); // whoever awaits it hears of it
  while (!isOver) await clock.advance(50);
  return await done;
}

async function served(interval: number) {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  alice.disk.watch = neverTold;
  const running = new Running(alice, { interval });
  await running.next();
  return { world, alice, bob, running };
}

Deno.test("push beside a daemon: it sends at once, and push says what a relay has and what waits", async () => {
  const { world, alice, bob, running } = await served(3_600);
  const ghost = await send.run(alice.context, { peer: "ghost", kind: "claim", body: "boo" });
  await alice.clock.settle(); // the daemon's beginning is over: what is queued now, it does not see by itself
  const id = await queue(alice, bob, "now");
  const report = await meanwhile(alice, push.run(beside(alice), {}));
  assert.equal(world.relay.texts(bob.slotId).length, 1);
  assert.deepEqual(report.pushed.map(({ event_id, peer }) => [event_id, peer]), [[id, "bob"]]);
  assert.equal(report.pushed[0]?.scope, "federation");
  const reason = "no reachable endpoint pinned for peer";
  assert.deepEqual(report.skipped, [{ event_id: ghost.event_id, peer: "ghost", reason }]);
  assert.deepEqual(await meanwhile(alice, push.run(beside(alice), { peer: "bob" })), {
    pushed: [],
    skipped: [],
  });
  running.stop.abort();
  await running.ended();
});

Deno.test("pull beside a daemon: what came meanwhile is named, and the cursor is the daemon's", async () => {
  const { world, alice, bob, running } = await served(5);
  const event = eventFrom(bob, alice, { body: "hello" });
  world.relay.plant(alice.slotId, event.text);
  const round = running.next();
  const report = await meanwhile(alice, pull.run(beside(alice)));
  await round;
  assert.equal(report.cursor_advanced_to, event.id);
  assert.deepEqual(report.written, [{ event_id: event.id, from: "bob" }]);
  running.stop.abort();
  await running.ended();
});

Deno.test("P7: pull beside a daemon that fails says so, and a trust store nobody can read is an error", async () => {
  const { world, alice, running } = await served(5);
  world.net.fail(RELAY_URL, "connect");
  const round = running.next();
  alice.warnings.length = 0;
  await meanwhile(alice, pull.run(beside(alice)));
  await round;
  assert.match(alice.warnings.join(), /pulls by itself, and failed: /);
  const { files } = alice.platform;
  await files.writeAtomic(alice.context.home.file.trust, "{", { point: "test.trust" });
  await assert.rejects(meanwhile(alice, pull.run(beside(alice))), { code: "unreadable" });
  running.stop.abort();
  await running.ended();
});
