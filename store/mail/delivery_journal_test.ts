import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { Crash, FaultFiles } from "../../platform/fault_files.ts";
import { hex, sha256 } from "../../protocol/identity/keys.ts";
import { type EventId, type Handle, isEventId, isHandle } from "../../protocol/ids.ts";
import { testRuns } from "../../tests/runs.ts";
import { DELIVERY_STEPS, DeliveryJournal, type JournalEntry } from "./delivery_journal.ts";

function id(text: string): EventId {
  assert.ok(isEventId(text));
  return text;
}

const [a, b] = [id("a".repeat(64)), id("b".repeat(64))];

function handle(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

const bob = handle("bob");
const entry = { at: "2026-01-01T00:00:00Z", evidence: { relay: "http://relay.test", to: "did:b" } };
const numbered = (number: number): EventId => id(hex(sha256(`message ${number}`)));

/** So small that it is cut all the time. */
const LIMITS = { longestBytes: 2_000, keptBytes: 700 };

Deno.test("P2: a message has the furthest step that a whole line proves", async () => {
  const files = new MemoryFiles();
  const journal = new DeliveryJournal({ files, stateRoot: "/s" });
  await journal.record(bob, [
    { ...entry, event_id: a, step: "received" },
    { ...entry, event_id: a, step: "stored" },
  ]);
  const torn = JSON.stringify({ ...entry, event_id: b, step: "stored" }).slice(0, -9);
  await files.append(journal.path(bob), torn, { point: "test" });
  await journal.record(bob, []);
  assert.equal(await journal.furthestStep(bob, a), "received");
  assert.equal(await journal.furthestStep(bob, b), undefined);
  await files.append(journal.path(bob), `null\n{"event_id":"x","step":"stored"}\n`, {
    point: "test",
  });
  await journal.record(bob, [{ ...entry, event_id: b, step: "stored" }]);
  assert.deepEqual([...await journal.everKnown(bob)], [a, b]);
  assert.deepEqual((await journal.history(bob, a)).map(({ step }) => step), ["stored", "received"]);
  assert.equal((await journal.recent(bob)).get(b)?.to, "did:b");
  assert.match(
    files.texts()[journal.path(bob)] ?? "",
    /^\{"event_id":"a{64}","step":"received","at":"2026-01-01T00:00:00Z","evidence":\{/,
  );
});

Deno.test("the journal does not grow with what was ever sent, and nothing of it is forgotten", async () => {
  const files = new MemoryFiles();
  const journal = new DeliveryJournal({ files, stateRoot: "/s", limits: LIMITS });
  const stored = (
    number: number,
  ) => ({ ...entry, event_id: numbered(number), step: "stored" } as const);
  for (let number = 0; number < 500; number++) {
    await journal.record(bob, [stored(number)]);
    const size = (await files.stat(journal.path(bob)))?.size ?? 0;
    assert.ok(size <= LIMITS.longestBytes, `${size} bytes after ${number}`);
  }
  // A step that comes long after.
  await journal.record(bob, [{ ...entry, event_id: numbered(3), step: "received", at: "later" }]);
  const another = new DeliveryJournal({ files, stateRoot: "/s", limits: LIMITS });
  assert.equal((await another.everKnown(bob)).size, 500);
  for (const number of [0, 3, 250, 499]) {
    const steps = (await another.history(bob, numbered(number))).map(({ step }) => step);
    assert.deepEqual(steps, number === 3 ? ["stored", "received"] : ["stored"]);
  }
  assert.equal(await another.furthestStep(bob, numbered(3)), "received");
  assert.equal((await another.find(bob, numbered(77).slice(0, 12))).size, 1);
  assert.equal((await another.find(bob, "0".repeat(64))).size, 0);
  assert.ok((await another.recent(bob)).size < 10, "only the newest are in memory");
  const handles = await new DeliveryJournal({ files, stateRoot: "/s" }).find(handle("carol"), "");
  assert.equal(handles.size, 0);
});

const steps = fc.array(
  fc.record({ message: fc.nat(12), step: fc.constantFrom(...DELIVERY_STEPS) }),
  { minLength: 1, maxLength: 40 },
);

Deno.test("P1: killed at any durable step (delivery.record, delivery.archive, delivery.cut), what was recorded is there once", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.nat(60),
      fc.constantFrom("before", "torn", "after"),
      async (plan, at, moment) => {
        const disk = new MemoryFiles();
        let files = new FaultFiles(disk).crashAt(at, moment);
        let journal = new DeliveryJournal({ files, stateRoot: "/s", limits: LIMITS });
        const expected = new Map<EventId, Set<string>>();
        for (const { message, step } of plan) {
          const written: JournalEntry = { ...entry, event_id: numbered(message), step };
          try {
            await journal.record(bob, [written]);
          } catch (error) {
            assert.ok(error instanceof Crash);
            files = new FaultFiles(disk);
            journal = new DeliveryJournal({ files, stateRoot: "/s", limits: LIMITS });
            await journal.record(bob, [written]);
          }
          const known = expected.get(written.event_id) ?? new Set();
          expected.set(written.event_id, known.add(step));
        }
        const replayed = new DeliveryJournal({ files: disk, stateRoot: "/s", limits: LIMITS });
        assert.deepEqual(
          new Set(await replayed.everKnown(bob)),
          new Set(expected.keys()),
        );
        for (const [message, known] of expected) {
          const found = (await replayed.history(bob, message)).map(({ step }) => step);
          assert.deepEqual(new Set(found), known);
          assert.equal(found.length, known.size);
        }
      },
    ),
    { numRuns: testRuns(60) },
  );
});

Deno.test("a full disk cuts nothing off, and the journal is cut later", async () => {
  const disk = new MemoryFiles();
  const files = new FaultFiles(disk).diskFullAt({ point: "delivery.archive" });
  const journal = new DeliveryJournal({ files, stateRoot: "/s", limits: LIMITS });
  for (let number = 0; number < 40; number++) {
    await journal.record(bob, [{ ...entry, event_id: numbered(number), step: "stored" }]);
  }
  assert.equal((await journal.everKnown(bob)).size, 40);
});
