import assert from "node:assert/strict";
import { FaultFiles } from "../../platform/fault_files.ts";
import { FakeDatabases } from "../../platform/fake/databases.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { InboxWriter } from "./inbox.ts";

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
  const databases = new FakeDatabases();
  const inbox = new InboxWriter({ files, databases, stateRoot: "/s" });
  const [a, b] = [event("a"), event("b")];
  assert.deepEqual(await inbox.store(bob, [a, a, b]), { written: [a, b], duplicates: [a] });
  assert.deepEqual(await inbox.store(bob, [b]), { written: [], duplicates: [b] });
  const again = new InboxWriter({ files, databases, stateRoot: "/s" });
  assert.deepEqual((await again.store(bob, [a])).written, []);
  assert.equal(files.texts()[inbox.path(bob)], `${a.text}\n${b.text}\n`);
  assert.deepEqual(await inbox.senders(), [bob]);
});

Deno.test("an id inside a body, or in a torn line, is not an event that was received", async () => {
  const files = new MemoryFiles();
  const databases = new FakeDatabases();
  const inbox = new InboxWriter({ files, databases, stateRoot: "/s" });
  await inbox.store(bob, [event("a", { event_id: id("b") })]);
  await files.append(inbox.path(bob), event("c").text.slice(0, -2), { point: "test" });
  const { written } = await inbox.store(bob, [event("b"), event("c")]);
  assert.equal(written.length, 2);
});

Deno.test("P1: what could not be written does not count as stored", async () => {
  const files = new FaultFiles(new MemoryFiles()).diskFullAt({ point: "inbox.append" });
  const databases = new FakeDatabases();
  const inbox = new InboxWriter({ files, databases, stateRoot: "/s" });
  await assert.rejects(inbox.store(bob, [event("a")]), { code: "write_failed" });
  assert.equal((await inbox.store(bob, [event("a")])).written.length, 1);
});

Deno.test("a thousand events are one write", async () => {
  const files = new FaultFiles(new MemoryFiles());
  const databases = new FakeDatabases();
  const inbox = new InboxWriter({ files, databases, stateRoot: "/s" });
  const events = [...Array(1_000).keys()].map((number) =>
    parseEvent(`{"event_id":"${number.toString(16).padStart(64, "0")}"}`)
  );
  await inbox.store(bob, events);
  assert.equal(files.steps.length, 1);
});

const PATH = "/s/inbox-ids.sqlite";

Deno.test("P1: an index of ids that lies costs no message: what it claims is looked up in the file", async () => {
  const files = new MemoryFiles();
  const databases = new FakeDatabases();
  const inbox = new InboxWriter({ files, databases, stateRoot: "/s" });
  await inbox.store(bob, [event("a")]);
  const [place] = (await inbox.store(bob, [event("a")])).duplicates;
  assert.ok(place);
  const index = await databases.open(PATH);
  index.run("UPDATE id SET event_id = ?", id("b"));
  assert.deepEqual((await inbox.store(bob, [event("b")])).written, [event("b")]);
  assert.deepEqual((await inbox.store(bob, [event("a"), event("b")])).written, []);
});

Deno.test("P1: an index that is damaged, gone or of another version is made again from the inbox", async () => {
  const files = new MemoryFiles();
  const databases = new FakeDatabases();
  const open = () => new InboxWriter({ files, databases, stateRoot: "/s" });
  await open().store(bob, [event("a")]);
  const harm: readonly (() => Promise<void>)[] = [
    () => Promise.resolve(void databases.damaged.add(PATH)),
    () => databases.remove(PATH),
    async () => (await databases.open(PATH)).script("PRAGMA user_version = 77"),
    async () => (await databases.open(PATH)).script("DROP TABLE id"),
  ];
  for (const hurt of harm) {
    await hurt();
    assert.deepEqual((await open().store(bob, [event("a")])).written, []);
  }
});

Deno.test("an inbox that was emptied, replaced or cut takes again what it does not hold any more", async () => {
  const files = new MemoryFiles();
  const databases = new FakeDatabases();
  const inbox = new InboxWriter({ files, databases, stateRoot: "/s" });
  await inbox.store(bob, [event("a"), event("b")]);
  await inbox.store(bob, [event("b")]);
  await files.writeAtomic(inbox.path(bob), `${event("b").text}\n${event("c").text}\n`, {
    point: "test",
  });
  const { written } = await inbox.store(bob, [event("a"), event("b"), event("c")]);
  assert.deepEqual(written, [event("a")]);
  await files.remove(inbox.path(bob), { point: "test" });
  assert.equal((await inbox.store(bob, [event("a"), event("b")])).written.length, 2);
});
