import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { testRuns } from "../../tests/runs.ts";
import { type InboxFile, inOrder, type Received } from "./inbox_order.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

function handle(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

async function ordered(inboxes: Readonly<Record<string, readonly string[]>>) {
  const files = new MemoryFiles();
  const list: InboxFile[] = [];
  await files.ensureDirectory("/inbox");
  for (const [name, lines] of Object.entries(inboxes)) {
    const path = `/inbox/${name}.jsonl`;
    list.push({ sender: handle(name), paths: [path] });
    for (const line of lines) await files.append(path, `${line}\n`, { point: "test.line" });
  }
  const unusable: string[] = [];
  const options = {
    files,
    nowMs: NOW_MS,
    onUnusable: (sender: Handle) => void unusable.push(sender),
  };
  const received: Received[] = await Array.fromAsync(inOrder(list, options));
  return { received, unusable };
}

const line = fc.record({
  timestamp: fc.oneof(
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.string(),
    fc.constant(7),
  ),
}, { requiredKeys: [] });

Deno.test("every message comes once, each sender's in its order, times never going back", async () => {
  const inboxes = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.array(line, { maxLength: 6 }));
  await fc.assert(
    fc.asyncProperty(inboxes, async (dictionary) => {
      const lines: Record<string, string[]> = {};
      for (const [name, events] of Object.entries(dictionary)) {
        lines[name] = events.map((event, i) =>
          JSON.stringify({ ...event, event_id: `${name}${i}` })
        );
      }
      const { received, unusable } = await ordered(lines);
      assert.deepEqual(unusable, []);
      for (const [name, events] of Object.entries(dictionary)) {
        assert.deepEqual(
          received.filter(({ sender }) => sender === name).map(({ event }) => event.id),
          events.map((_, i) => `${name}${i}`),
        );
      }
      const times = received.map(({ atMs }) => atMs);
      assert.deepEqual(times, [...times].sort((a, b) => a - b));
      assert.ok(times.every((time) => time >= 0 && time <= NOW_MS));
    }),
    { numRuns: testRuns(60) },
  );
});

Deno.test("any line at all is a message or is named, and stops no other", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
      const odd = text.replace(/\n/g, " ");
      const { received, unusable } = await ordered({ a: [odd, "{}"], b: ["{}"] });
      const count = received.length + unusable.length;
      assert.equal(count, odd.trim() === "" ? 2 : 3);
      assert.equal(received.filter(({ sender }) => sender === "b").length, 1);
    }),
    { numRuns: testRuns(100) },
  );
});
