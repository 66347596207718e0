import assert from "node:assert/strict";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { type EventId, type Handle, isEventId, isHandle } from "../../protocol/ids.ts";
import { DeliveryJournal } from "./delivery_journal.ts";

function names(): { bob: Handle; a: EventId; b: EventId } {
  const [bob, a, b] = ["bob", "a".repeat(64), "b".repeat(64)];
  assert.ok(isHandle(bob) && isEventId(a) && isEventId(b));
  return { bob, a, b };
}

Deno.test("P2: a message has the furthest step that a whole line proves", async () => {
  const { bob, a, b } = names();
  const files = new MemoryFiles();
  const journal = new DeliveryJournal({ files, stateRoot: "/s" });
  const entry = { at: "2026-01-01T00:00:00Z", evidence: { relay: "http://relay.test" } };
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
  assert.deepEqual([...await journal.steps(bob)], [[a, "received"], [b, "stored"]]);
  assert.match(
    files.texts()[journal.path(bob)] ?? "",
    /^\{"event_id":"a{64}","step":"received","at":"2026-01-01T00:00:00Z","evidence":\{/,
  );
});
