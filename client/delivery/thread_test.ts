import assert from "node:assert/strict";
import fc from "fast-check";
import { FaultFiles } from "../../platform/fault_files.ts";
import { streamPlaceOf, threadOf } from "../../protocol/delivery/thread.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { makeCard } from "../../protocol/identity/card.ts";
import { isEventId } from "../../protocol/ids.ts";
import { verifyEvent } from "../../protocol/event/verify.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import {
  eventFrom,
  handle,
  MailWorld,
  type Party,
  received,
  restarted,
} from "../../tests/fault/mail_world.ts";
import { eventProblem } from "../../tests/interop/reference/keys.ts";
import { parse } from "../../tests/interop/reference/json.ts";
import { testRuns } from "../../tests/runs.ts";
import type { ClientContext } from "../context.ts";
import { pull } from "../operations/pull.ts";
import { outboxCancel } from "../operations/outbox_cancel.ts";
import { push } from "../operations/push.ts";
import { send } from "../operations/send.ts";

type Asked = Parameters<typeof send.run>[1];

const say = (context: ClientContext, body: string, more: Partial<Asked> = {}) =>
  send.run(context, { peer: "bob", kind: "claim", body, ...more });

function outbox(party: Party, peer = "bob"): WireEvent[] {
  const text = party.disk.texts()[`/${party.handle}/state/wire/outbox/${peer}.jsonl`] ?? "";
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [parseEvent(line)];
    } catch {
      return []; // torn by a crash
    }
  });
}

const seqs = (party: Party) => outbox(party).map(({ value }) => streamPlaceOf(value)?.seq);

Deno.test("messages to a peer have their place in a signed stream, each naming the one before", async () => {
  const { alice, bob } = await new MailWorld().paired();
  for (const body of ["one", "two", "three"]) await say(alice.context, body);
  const events = outbox(alice);
  assert.deepEqual(seqs(alice), [1, 2, 3]);
  const streams = new Set(events.map(({ value }) => streamPlaceOf(value)?.stream));
  assert.equal(streams.size, 1);
  assert.deepEqual(
    events.map(({ value }) => streamPlaceOf(value)?.prev),
    [undefined, events[0]?.id, events[1]?.id],
  );
  const trust = await bob.context.home.readTrust();
  for (const event of events) assert.ok(verifyEvent(event, trust, bob.identity).ok);
  assert.match([...streams].join(), /^[0-9a-f]{16}$/);
});

Deno.test("a 0.5.19 peer gets no more members than 0.5.19 sends, and accepts those of a thread", async () => {
  const world = new MailWorld();
  const [alice, bob] = [await world.party("alice"), await world.party("bob")];
  const { keys } = bob.identity;
  const old = admitCard(makeCard({ handle: "bob", keys }));
  assert.ok(old.ok);
  await alice.context.home.updateTrust("test", (store) => {
    const pinned = pinCard(store, old, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  await say(alice.context, "plain");
  const reply = "f".repeat(64);
  await say(alice.context, "threaded", { thread: "new", replyTo: reply });
  const [plain, threaded] = outbox(alice);
  assert.deepEqual(Object.keys(plain?.value ?? {}).sort(), [
    "body",
    "event_id",
    "from",
    "kind",
    "public_key_id",
    "schema_version",
    "signature",
    "timestamp",
    "to",
    "type",
  ]);
  assert.match(threadOf(threaded?.value ?? {}) ?? "", /^[0-9a-f]{32}$/);
  // Another implementation of 0.5.19's rules, with alice's key as its trust has it.
  const trust = parse(alice.disk.texts()["/alice/config/wire/trust.json"] ?? "");
  for (const event of [threaded, await streamed()]) {
    assert.equal(eventProblem(parse(event?.text ?? ""), trust), undefined);
  }
});

/** An event with every member there is, from the same alice. */
async function streamed(): Promise<WireEvent | undefined> {
  const { alice } = await new MailWorld().paired();
  await say(alice.context, "one");
  await cancelled(alice, outbox(alice)[0]);
  await say(alice.context, "two", { thread: "new", replyTo: "e".repeat(64) });
  return outbox(alice)[1];
}

async function cancelled(party: Party, event: WireEvent | undefined): Promise<void> {
  const place = streamPlaceOf(event?.value ?? {});
  assert.ok(place !== undefined && isEventId(event?.id));
  const { stream, seq } = place;
  const { stateRoot } = party.context.home.paths;
  const journal = new DeliveryJournal({ files: party.disk, stateRoot });
  const evidence = { stream, seq };
  const at = party.clock.timestamp();
  await journal.record(handle("bob"), [{ event_id: event.id, step: "cancelled", at, evidence }]);
}

Deno.test("what was taken back is named void by the next message, once, and never posted", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await say(alice.context, "one");
  await say(alice.context, "oops");
  await cancelled(alice, outbox(alice)[1]);
  await say(alice.context, "three");
  await say(alice.context, "four");
  const voids = outbox(alice).map(({ value }) => streamPlaceOf(value)?.voids);
  assert.deepEqual(voids, [[], [], [2], []]);
  await push.run(alice.context, {});
  await pull.run(bob.context);
  assert.deepEqual(received(bob, "alice"), ["one", "three", "four"]);
});

Deno.test("the number of a message that was cancelled is used for no other", async () => {
  const { alice } = await new MailWorld().paired();
  await say(alice.context, "one");
  const { event_id } = await say(alice.context, "oops");
  await outboxCancel.run(restarted(alice), { ids: [event_id] });
  await say(alice.context, "three");
  await say(alice.context, "four");
  assert.deepEqual(seqs(alice), [1, 3, 4]);
  const voids = outbox(alice).map(({ value }) => streamPlaceOf(value)?.voids);
  assert.deepEqual(voids, [[], [2], []]);
});

Deno.test("P1: killed anywhere in sending (outbox.stream, outbox.enqueue), no number is lost or used twice", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(14), fc.constantFrom("before", "torn", "after"), async (at, moment) => {
      const { alice } = await new MailWorld().paired();
      const files = new FaultFiles(alice.disk).crashAt(at, moment);
      let context = restarted(alice, files);
      for (let number = 0; number < 8; number++) {
        // So long that the place is written down again in between.
        const body = `${number} ${"x".repeat(4_000)}`;
        try {
          await say(context, body);
        } catch {
          assert.ok(files.crashed);
          context = restarted(alice);
          await say(context, body);
        }
      }
      assert.deepEqual(seqs(alice), [1, 2, 3, 4, 5, 6, 7, 8]);
    }),
    { numRuns: testRuns(20) },
  );
});

Deno.test("an agent that appends a line with a number moves nobody's place", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  await say(alice.context, "one");
  const place = streamPlaceOf(outbox(alice)[0]?.value ?? {});
  const forged = eventFrom(bob, alice).text.replace(
    "{",
    `{"stream":"${place?.stream}","seq":900,`,
  );
  await alice.disk.append("/alice/state/wire/outbox/bob.jsonl", `${forged}\n`, { point: "test" });
  await say(alice.context, "two");
  assert.equal(seqs(alice).at(-1), 2);
});

Deno.test("an answer is in the thread of what it answers; other threads are other messages", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const first = await say(alice.context, "shall we?", { thread: "new" });
  assert.match(first.thread ?? "", /^[0-9a-f]{32}$/);
  const again = await say(alice.context, "shall we?", { thread: "new" });
  assert.deepEqual([again.status, again.thread], ["already_queued", first.thread]);
  await push.run(alice.context, {});
  await pull.run(bob.context);
  const answer = await send.run(bob.context, {
    peer: "alice",
    kind: "claim",
    body: "yes",
    replyTo: first.event_id,
  });
  assert.equal(answer.thread, first.thread);
  const [one, two] = [
    await say(alice.context, "ok", { replyTo: "a".repeat(64) }),
    await say(alice.context, "ok", { replyTo: "b".repeat(64) }),
  ];
  assert.notEqual(one.event_id, two.event_id, "ruling 4: two answers are two messages");
  for (const wrong of [{ thread: "general" }, { replyTo: "nonsense" }]) {
    await assert.rejects(say(alice.context, "x", wrong), { code: "usage" });
  }
});
