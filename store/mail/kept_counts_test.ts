import assert from "node:assert/strict";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { countMail } from "./kept_counts.ts";

const ROOT = "/s";
const INBOX = `${ROOT}/inbox/bob.jsonl`;
const OUTBOX = `${ROOT}/outbox/bob.jsonl`;
const KEPT = `${ROOT}/mail-counts.json`;
const signed = (n: number) => `{"body":"${"x".repeat(200)}","n":${n},"signature":"s"}\n`;
const many = (count: number) => Array.from({ length: count }, (_, n) => signed(n)).join("");

async function disk(inbox: string, outbox = ""): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  for (const box of ["inbox", "outbox"]) await files.ensureDirectory(`${ROOT}/${box}`);
  await files.append(INBOX, inbox, { point: "test" });
  if (outbox !== "") await files.append(OUTBOX, outbox, { point: "test" });
  return files;
}

const inboxCount = async (files: MemoryFiles) => (await countMail(files, ROOT)).inbox.events;
const outboxCount = async (files: MemoryFiles) => (await countMail(files, ROOT)).outbox.events;

Deno.test("counts go on where the last one ended, and blank and torn lines count as before", async () => {
  const files = await disk(many(2_000) + "   \n\n");
  assert.equal(await inboxCount(files), 2_000);
  assert.ok(files.texts()[KEPT]);
  await files.append(INBOX, signed(1) + '{"torn', { point: "test" });
  assert.equal(await inboxCount(files), 2_002);
  await files.append(INBOX, signed(2), { point: "test" });
  assert.equal(await inboxCount(files), 2_003);
});

Deno.test("a small home is counted without a file", async () => {
  const files = await disk(many(10));
  assert.equal(await inboxCount(files), 10);
  assert.equal(files.texts()[KEPT], undefined);
});

Deno.test("a file that was rewritten, and a kept count that is nonsense, are counted anew", async () => {
  const files = await disk(many(2_000));
  await inboxCount(files);
  await files.writeAtomic(INBOX, many(1_500).replaceAll("x", "y"), { point: "test" });
  assert.equal(await inboxCount(files), 1_500);
  for (const text of ["{", "[]", '{"inbox/bob":{"end":9e15,"events":7,"sha256":""}}', "null"]) {
    await files.writeAtomic(KEPT, text, { point: "test" });
    assert.equal(await inboxCount(files), 1_500, text);
  }
});

Deno.test("ruling 1: partial outbox lines that are signed and blanked later are counted once", async () => {
  const partial = '{"kind":1,"body":"agent"}\n';
  const files = await disk("", many(2_000) + partial);
  assert.equal(await outboxCount(files), 2_001);
  const size = (await files.stat(OUTBOX))?.size ?? 0;
  await files.append(OUTBOX, signed(1) + many(2_000), { point: "test" });
  assert.equal(await outboxCount(files), 4_002);
  const spaces = new TextEncoder().encode(" ".repeat(partial.length - 1));
  await files.overwrite(OUTBOX, size - partial.length, spaces, { point: "test" });
  assert.equal(await outboxCount(files), 4_001);
});

Deno.test("P1: killed while the count is kept, or with a full disk, the next count is right", async () => {
  for (const moment of ["before", "after"] as const) {
    const files = await disk(many(2_000));
    const dying = new FaultFiles(files).crashAt({ point: "mail.counts" }, moment);
    await assert.rejects(countMail(dying, ROOT));
    assert.equal(await inboxCount(files), 2_000);
  }
  const full = new FaultFiles(await disk(many(2_000))).diskFullAt({ point: "mail.counts" });
  assert.equal((await countMail(full, ROOT)).inbox.events, 2_000);
});
