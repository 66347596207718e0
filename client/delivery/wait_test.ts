import assert from "node:assert/strict";
import { admitCard, makeCard } from "../../protocol/identity/card.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { outcomeOf } from "../../cli/exit_code.ts";
import { RECEIPT_KIND, RECEIPT_TYPE } from "../../protocol/delivery/receipts.ts";
import {
  eventFrom,
  handle,
  MailWorld,
  NEVER,
  type Party,
  pin,
  RELAY_URL,
  restarted,
} from "../../tests/fault/mail_world.ts";
import { failure } from "../../tests/failure.ts";
import { pull } from "../operations/pull.ts";
import { push } from "../operations/push.ts";
import { send } from "../operations/send.ts";
import { status } from "../operations/status.ts";
import { Pusher } from "../sync/pusher.ts";
import type { AwaitedStep } from "./can_prove.ts";

const said = (party: Party, body: string, more: { wait?: AwaitedStep; timeout?: number } = {}) =>
  send.run(restarted(party), { peer: "bob", kind: "claim", body, ...more });

/** Lets the time of who waits go by, and does something in each second, until the wait is over. */
async function meanwhile<T>(
  party: Party,
  waiting: Promise<T>,
  work: (second: number) => Promise<unknown>,
): Promise<T> {
  let isOver = false;
  const ended = waiting.finally(() => isOver = true);
  ended.catch(() => undefined); // awaited below
  for (let second = 0; !isOver && second < 100; second++) {
    await work(second);
    await party.clock.advance(1_000);
  }
  return await ended;
}

const idle = () => Promise.resolve();

async function pinOld(party: Party, peer: Party): Promise<void> {
  const { handle: name, keys } = peer.identity;
  const card = admitCard(makeCard({ handle: name, keys }));
  assert.ok(card.ok);
  await party.context.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: party.clock.timestamp() });
    assert.ok(pinned.ok);
    return pinned.store;
  });
}

/** The relay of that world says who has fetched what, as one with grants does. */
function telling(world: MailWorld, isFetched: () => boolean): void {
  world.net.serve(RELAY_URL, async (request) => {
    const response = await world.relay.handle(request);
    if (request.method !== "POST" || !response.ok) return response;
    const reply = await response.json();
    const fetched = reply.status === "duplicate" && isFetched();
    return Response.json({ ...reply, fetched }, { status: response.status });
  });
}

Deno.test("P2: send --wait stored returns with the relay's evidence, without a daemon", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  const output = await said(alice, "hello", { wait: "stored" });
  assert.deepEqual([output.waited_for, output.reached, output.step], ["stored", true, "stored"]);
  assert.equal(outcomeOf("send", output).exitCode, 0);
});

Deno.test("P2: send --wait received returns when the peer's own receipt is here", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const waiting = said(alice, "hello", { wait: "received", timeout: 20 });
  const output = await meanwhile(alice, waiting, async (second) => {
    if (second === 2) await pull.run(restarted(bob));
  });
  assert.deepEqual([output.reached, output.step], [true, "received"]);
  const shown = await status.run(alice.context, { message: output.event_id.slice(0, 10) });
  assert.ok("steps" in shown);
  assert.deepEqual(shown.steps.map(({ step }) => step), ["stored", "received"]);
  assert.equal(shown.peer, "bob");
});

Deno.test("P2: what is not proved in time is told with the step reached, exit 3, and stays queued", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  const late = await meanwhile(alice, said(alice, "a", { wait: "received", timeout: 5 }), idle);
  assert.deepEqual([late.reached, late.step], [false, "stored"]);
  const { exitCode, complaint } = outcomeOf("send", late);
  assert.equal(exitCode, 3);
  assert.match(complaint ?? "", /not received in time: the message is stored/);
  world.net.fail(RELAY_URL, "connect");
  const dead = await meanwhile(alice, said(alice, "b", { wait: "stored", timeout: 5 }), idle);
  assert.deepEqual([dead.reached, dead.step], [false, "queued"]);
  world.net.fail(RELAY_URL, undefined);
  assert.equal((await push.run(restarted(alice), {})).pushed.length, 1);
  const again = await meanwhile(alice, said(alice, "b", { wait: "stored", timeout: 0 }), idle);
  assert.deepEqual([again.status, again.event_id, again.reached], [
    "already_queued",
    dead.event_id,
    true,
  ]);
});

Deno.test("a peer that cannot give the evidence is refused at once, and nothing is queued", async () => {
  const world = new MailWorld();
  const [alice, bob] = [await world.party("alice"), await world.party("bob")];
  await pin(alice, bob);
  await pinOld(alice, bob);
  for (const wait of ["received", "read", "answered"] as const) {
    const error = await failure(said(alice, "hello", { wait }));
    assert.equal(error.code, "refused");
    assert.match(error.message, /peer cannot (send receipts|name what it answers)/);
  }
  assert.equal(alice.disk.texts()["/alice/state/wire/outbox/bob.jsonl"], undefined);
  // Nor does this relay say who has fetched what.
  const error = await failure(said(alice, "hello", { wait: "fetched" }));
  assert.match(error.message, /the relay does not say .* and peer cannot send receipts/);
  assert.equal(error.code, "refused");
});

Deno.test("a rejection ends the wait, and its reason is told", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const waiting = said(alice, "hello", { wait: "received", timeout: 30 });
  const error = await failure(meanwhile(alice, waiting, (second) => {
    const [text] = world.relay.texts(bob.slotId);
    if (second === 1 && text !== undefined) {
      const { event_id } = JSON.parse(text);
      const body = { rejected: [{ event_id, reason: "not for me\u001b[2J" }] };
      const event = eventFrom(bob, alice, { kind: RECEIPT_KIND, type: RECEIPT_TYPE, body });
      world.relay.plant(alice.slotId, event.text);
    }
    return Promise.resolve();
  }));
  assert.equal(error.code, "refused");
  assert.match(error.message, /bob has the message and did not accept it: not for me/);
  assert.ok(!error.message.includes("\u001b"));
});

Deno.test("P2: fetched is the relay's word that the owner's ack has passed it, for all before it", async () => {
  const world = new MailWorld();
  const [alice, bob] = [await world.party("alice"), await world.party("bob")];
  await pin(alice, bob);
  await pinOld(alice, bob);
  let isFetched = false;
  telling(world, () => isFetched);
  const first = await said(alice, "one");
  await alice.clock.advance(1_000);
  const output = await meanwhile(
    alice,
    said(alice, "two", { wait: "fetched", timeout: 60 }),
    (second) => Promise.resolve(isFetched = second > 4),
  );
  assert.deepEqual([output.reached, output.step], [true, "fetched"]);
  for (
    const [id, by] of [[first.event_id, output.event_id], [output.event_id, undefined]] as const
  ) {
    const shown = await status.run(alice.context, { message: id });
    assert.ok("steps" in shown);
    const [, fetched] = shown.steps;
    assert.deepEqual([fetched?.step, fetched?.evidence["by"]], ["fetched", by]);
  }
  const posts = world.relay.log.filter((line) => line.startsWith("POST")).length;
  assert.ok(posts <= 6, `${posts} posts`);
});

Deno.test("lesson 7: what nobody has fetched is asked for ever more rarely", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  telling(world, () => false);
  await said(alice, "hello");
  const pusher = new Pusher(alice.context, alice.identity);
  for (let second = 0; second < 1_200; second += 5) {
    await pusher.round({ signal: NEVER });
    await alice.clock.advance(5_000);
  }
  const posts = world.relay.log.filter((line) => line.startsWith("POST")).length;
  assert.ok(posts >= 8 && posts <= 14, `${posts} posts in 20 minutes`);
});

Deno.test("answered: an event that names ours, from that peer", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const asked = await said(alice, "shall we?", { wait: "stored" });
  await pull.run(restarted(bob));
  const { event_id } = await send.run(bob.context, {
    peer: "alice",
    kind: "claim",
    body: "yes",
    replyTo: asked.event_id,
  });
  await push.run(restarted(bob), {});
  await pull.run(restarted(alice));
  const shown = await status.run(alice.context, { message: asked.event_id });
  assert.ok("steps" in shown);
  assert.deepEqual([shown.step, shown.steps.at(-1)?.evidence["by"]], ["answered", event_id]);
});

Deno.test("lessons 5, 8 and 35: status says for each peer how much waits, and why", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  assert.deepEqual(await backlog(alice), []);
  const { event_id } = await said(alice, "hello");
  const [waiting] = await backlog(alice);
  assert.deepEqual([waiting?.peer, waiting?.waiting], ["bob", 1]);
  assert.match(`${waiting?.reason}; ${waiting?.next}`, /no daemon runs.*wire push/);
  const shown = await status.run(alice.context, { message: event_id });
  assert.ok("steps" in shown);
  assert.deepEqual([shown.step, shown.steps[0]?.step], ["queued", "queued"]);
  assert.match(shown.waits_because ?? "", /no daemon runs/);
  await send.run(alice.context, { peer: "dave", kind: "claim", body: "who?" });
  const reasons = (await backlog(alice)).map(({ peer, reason }) => `${peer}: ${reason}`);
  assert.match(reasons[1] ?? "", /^dave: no mailbox of dave is known here/);
  const daemon = {
    ...alice.context.daemon,
    status: () => Promise.resolve({ ...LIVE, resting: [RESTING] }),
  };
  const live = await status.run({ ...alice.context, daemon }, {});
  assert.ok("backlog" in live);
  assert.match(live.backlog[0]?.reason ?? "", /relay\.test: timeout.*next try in 3 s/);
  await push.run(restarted(alice), {});
  assert.deepEqual((await backlog(alice)).map(({ peer }) => peer), ["dave"]);
});

const RESTING = { peer: "bob", relay_url: RELAY_URL, reason: "timeout", retry_in_ms: 2_500 };
const LIVE = {
  version: "0",
  pid: 1,
  did: "",
  started_at: "",
  round_at: null,
  mailboxes: [],
  last_error: null,
  watchers: 0,
};

async function backlog(party: Party) {
  const output = await status.run(party.context, {});
  assert.ok("backlog" in output);
  return output.backlog;
}

Deno.test("a message is named by its id, or as much of it as is needed", async () => {
  const world = new MailWorld();
  const { alice } = await world.paired();
  await said(alice, "hello");
  for (
    const [message, code] of [["zzzz", "usage"], ["abc", "usage"], ["0".repeat(64), "not_found"]]
  ) {
    const error = await failure(status.run(alice.context, { message: message ?? "" }));
    assert.equal(error.code, code);
  }
  assert.ok(handle("bob"));
});
