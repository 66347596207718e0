import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { Inbox } from "./inbox.ts";

function handle(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

const bob = handle("bob");
const id = (digit: string) => digit.repeat(64);
const event = (digit: string, body: unknown = digit): WireEvent =>
  parseEvent(JSON.stringify({ body, event_id: id(digit) }));

Deno.test("an event is stored once, in a batch, between batches and after a restart", async () => {
  const files = new MemoryFiles();
  const inbox = new Inbox({ files, stateRoot: "/s" });
  const [a, b] = [event("a"), event("b")];
  assert.deepEqual(await inbox.store(bob, [a, a, b]), { written: [a, b], duplicates: [a] });
  assert.deepEqual(await inbox.store(bob, [b]), { written: [], duplicates: [b] });
  const again = new Inbox({ files, stateRoot: "/s" });
  assert.deepEqual((await again.store(bob, [a])).written, []);
  assert.equal(files.texts()[inbox.path(bob)], `${a.text}\n${b.text}\n`);
  assert.deepEqual(await inbox.senders(), [bob]);
});

Deno.test("an id inside a body, or in a torn line, is not an event that was received", async () => {
  const files = new MemoryFiles();
  const inbox = new Inbox({ files, stateRoot: "/s" });
  await inbox.store(bob, [event("a", { event_id: id("b") })]);
  await files.append(inbox.path(bob), event("c").text.slice(0, -2), { point: "test" });
  const { written } = await inbox.store(bob, [event("b"), event("c")]);
  assert.equal(written.length, 2);
});

Deno.test("P1: what could not be written does not count as stored", async () => {
  const files = new FaultFiles(new MemoryFiles()).diskFullAt({ point: "inbox.append" });
  const inbox = new Inbox({ files, stateRoot: "/s" });
  await assert.rejects(inbox.store(bob, [event("a")]), { code: "write_failed" });
  assert.equal((await inbox.store(bob, [event("a")])).written.length, 1);
});

Deno.test("a thousand events are one write", async () => {
  const files = new FaultFiles(new MemoryFiles());
  const inbox = new Inbox({ files, stateRoot: "/s" });
  const events = [...Array(1_000).keys()].map((number) =>
    parseEvent(`{"event_id":"${number.toString(16).padStart(64, "0")}"}`)
  );
  await inbox.store(bob, events);
  assert.equal(files.steps.length, 1);
});
