import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { isEventId } from "../../protocol/ids.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { handle, MailWorld, type Party, restarted } from "../../tests/fault/mail_world.ts";
import { outboxCancel } from "./outbox_cancel.ts";
import { outboxList } from "./outbox_list.ts";
import { push } from "./push.ts";
import { send } from "./send.ts";

const FILE = "/alice/state/wire/outbox/bob.jsonl";

async function queued(...bodies: string[]) {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const ids: string[] = [];
  for (const body of bodies) {
    const { event_id } = await send.run(alice.context, send.input.parse({ peer: "bob", body }));
    ids.push(event_id);
  }
  return { world, alice, bob, ids };
}

const list = async ({ context }: Pick<Party, "context">) =>
  (await outboxList.run(context, { limit: 0 })).messages;
const cancel = ({ context }: Pick<Party, "context">, ...ids: string[]) =>
  outboxCancel.run(context, outboxCancel.input.parse({ ids }));
const bodiesAt = (world: MailWorld, { slotId }: Party) => world.relay.texts(slotId).join("\n");

Deno.test("outbox list: what no relay has stored, in the order in which it goes, and nothing else", async () => {
  const { alice, ids } = await queued("one", "two");
  await push.run(alice.context, {});
  const third = await send.run(
    alice.context,
    send.input.parse({ peer: "bob", body: "three\n\u001b[2J", kind: "decision" }),
  );
  await alice.disk.append(FILE, '{"kind":1,"body":"of an agent"}\n', { point: "test" });
  const messages = await list(alice);
  assert.deepEqual(messages.map(({ event_id, state }) => [event_id, state]), [
    [third.event_id, "waiting"],
    ["", "not_signed"],
  ]);
  assert.equal(messages[0]?.kind, "decision");
  assert.deepEqual((await outboxList.run(alice.context, { peer: "carol", limit: 0 })).total, 0);
  assert.ok(!messages.some(({ event_id }) => ids.includes(event_id)));
});

Deno.test("P2: a cancelled message is blanked in place, never goes out, and a second cancel says so", async () => {
  const { world, alice, bob, ids } = await queued("one", "secret plan", "three");
  const before = alice.disk.texts()[FILE] ?? "";
  const [first = "", second = "", third = ""] = ids;
  assert.deepEqual(await cancel(alice, second.slice(0, 12)), {
    cancelled: [{ event_id: second, peer: "bob" }],
    refused: [],
  });
  const after = alice.disk.texts()[FILE] ?? "";
  assert.equal(after.length, before.length, "ruling 1: no other line moves");
  assert.ok(!after.includes("secret plan"));
  assert.deepEqual((await list(alice)).map(({ event_id }) => event_id), [first, third]);
  const { pushed } = await push.run(restarted(alice), {});
  assert.deepEqual(pushed.map(({ event_id }) => event_id), [first, third]);
  assert.ok(!bodiesAt(world, bob).includes("secret plan"));
  const again = await cancel(alice, second);
  assert.match(again.refused[0]?.reason ?? "", /is cancelled already/);
});

Deno.test("outbox cancel: what a relay has stored is too late, and what is not there is said", async () => {
  const { alice, ids } = await queued("one");
  await push.run(alice.context, {});
  const { cancelled, refused } = await cancel(alice, ids[0] ?? "", "f".repeat(64));
  assert.deepEqual(cancelled, []);
  assert.match(refused[0]?.reason ?? "", /is stored already/);
  assert.match(refused[1]?.reason ?? "", /no message of that id waits/);
  for (const id of ["", "abc", "../../etc/passwd", "G".repeat(64)]) {
    assert.ok(!outboxCancel.input.safeParse({ ids: [id] }).success, id);
  }
});

Deno.test("P1: killed at any write of a cancel, the message goes out or does not, once, and the others do", async () => {
  for (const point of ["outbox.cancel", "delivery.record"]) {
    for (const moment of ["before", "after"] as const) {
      const { world, alice, bob, ids } = await queued("one", "plan", "three");
      const dying = new FaultFiles(alice.disk).crashAt({ point }, moment);
      await assert.rejects(cancel({ context: restarted(alice, dying) }, ids[1] ?? ""), point);
      await push.run(restarted(alice), {});
      await push.run(restarted(alice), {});
      const text = bodiesAt(world, bob);
      for (const body of ["one", "three"]) assert.equal(text.split(`"${body}"`).length, 2, body);
      const isBlank = point !== "outbox.cancel" || moment === "after";
      assert.equal(text.includes('"plan"'), !isBlank, `${point} ${moment}`);
    }
  }
});

Deno.test("lesson 43: while messages are on their way nothing is taken back, and whoever sends is named", async () => {
  const { alice, ids } = await queued("one");
  const { home: { paths: { stateRoot } } } = alice.context;
  const outbox = new Outbox({ files: alice.disk, stateRoot });
  const [bob] = await outbox.peers();
  assert.ok(bob);
  await using _lock = await outbox.lockPosting(bob, "wire, posting");
  const waiting = assert.rejects(cancel(alice, ids[0] ?? ""), {
    code: "locked",
    message: /wire, posting/,
  });
  await alice.clock.advance(10_000);
  await waiting;
  assert.equal((await list(alice)).length, 1);
});

Deno.test("P2: where nobody remembers how far an outbox is settled, what was sent long ago is not called waiting", async () => {
  const { alice, ids } = await queued("one", "two", "three");
  const [first = "", second = "", third = ""] = ids;
  const { home: { paths: { stateRoot } }, platform: { files } } = alice.context;
  const limits = { longestBytes: 1, keptBytes: 200 };
  const journal = new DeliveryJournal({ files, stateRoot, limits });
  for (const event_id of [first, second]) {
    assert.ok(isEventId(event_id));
    const entry = { event_id, step: "stored", at: alice.clock.timestamp(), evidence: {} } as const;
    await journal.record(handle("bob"), [entry]);
  }
  assert.deepEqual([...(await journal.recent(handle("bob"))).keys()], [second]);
  assert.deepEqual((await list(alice)).map(({ event_id }) => event_id), [third]);
  assert.match((await cancel(alice, first)).refused[0]?.reason ?? "", /is stored already/);
});

Deno.test("a line that an agent copied is taken back wherever it stands", async () => {
  const { world, alice, bob, ids } = await queued("plan");
  const line = alice.disk.texts()[FILE] ?? "";
  await alice.disk.append(FILE, line, { point: "test" });
  await cancel(alice, ids[0] ?? "");
  await push.run(alice.context, {});
  assert.equal(bodiesAt(world, bob), "");
  assert.equal((alice.disk.texts()[FILE] ?? "").trim(), "");
});
