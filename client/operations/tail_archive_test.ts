/** What `wire archive` took out of the inbox is still found by whoever asks for it. */
import assert from "node:assert/strict";
import { moveFile } from "../../store/mail/archived_months.ts";
import { ArchivedMail, ROOT, THREAD, twoPeers } from "../../tests/fault/archived_mail.ts";
import { NEVER } from "../../tests/fault/mail_world.ts";
import { readOf } from "../../tests/fault/read_bytes.ts";
import { tail } from "./tail.ts";

const thread = THREAD;

Deno.test("tail shows the same before and after an archive: the newest, a thread, what came after a message", async () => {
  const mail = await twoPeers();
  const questions = [
    { limit: 1 },
    { limit: 4 },
    { limit: 7 },
    { limit: 50 },
    { limit: 3, peer: "alice" },
    { limit: 4, peer: "carol" },
    { thread },
    { thread, limit: 2 },
    { thread, peer: "carol" },
    { thread, since: mail.id("c1") },
    { since: mail.id("a1") },
    { since: mail.id("a2"), limit: 2 },
    { since: mail.id("c1"), peer: "carol" },
    { since: mail.id("a4") },
    { since: mail.id("a5") },
  ];
  const before: string[] = [];
  for (const question of questions) before.push(await mail.tail(question));
  assert.equal(before[2], "c1 a2 a3 a4 c2 c3 a5");
  assert.equal(before[6], "a1 c1 a3 a4");
  assert.equal(await mail.archived(), 4);
  for (const [n, question] of questions.entries()) {
    assert.equal(await mail.tail(question), before[n], JSON.stringify(question));
  }
  assert.deepEqual(mail.bob.warnings, []);
});

Deno.test("tail without a question is the inbox alone, however long the archive is, and says how to see more", async () => {
  const mail = await twoPeers();
  await mail.archived();
  for (const question of [{}, { since: "f".repeat(64) }]) {
    mail.bob.warnings.length = 0;
    assert.equal(await mail.tail(question), "a4 c2 c3 a5");
    assert.match(mail.bob.warnings.join("\n"), /archived in .*archive.inbox: --limit, --thread/);
  }
});

Deno.test("what was archived of one peer alone keeps its place among the newest, and after a message of another", async () => {
  const mail = await twoPeers();
  assert.equal(await mail.archived(2, "carol"), 3);
  assert.equal(await mail.tail({ limit: 3 }), "c2 c3 a5");
  assert.equal(await mail.tail({ since: mail.id("a4") }), "c2 c3 a5");
});

Deno.test("a sender whose inbox file is gone is still in the archive", async () => {
  const mail = await twoPeers();
  await mail.archived();
  await mail.bob.disk.remove(`${ROOT}/inbox/carol.jsonl`, { point: "test" });
  assert.equal(await mail.tail({ thread }), "a1 c1 a3 a4");
});

Deno.test("while an archive is not ended, nothing is shown twice", async () => {
  const mail = await twoPeers();
  await mail.archived();
  const record = moveFile(ROOT, mail.alice.handle);
  await mail.bob.disk.writeAtomic(record, "{}", { point: "test" });
  assert.equal(await mail.tail({ thread }), "c1 a4");
});

Deno.test("P8: the newest, and what came after a new message, cost no more with a long archive", async () => {
  const cost = async (old: number): Promise<readonly number[]> => {
    const mail = await ArchivedMail.create();
    const many = Array.from({ length: old }, (_, n) => ({
      body: `old ${n}`,
      daysAgo: 400 - 300 * n / old,
      type: n % 2 === 0 ? "heartbeat" : "claim",
    }));
    await mail.says(mail.alice, ...many);
    await mail.says(mail.alice, { body: "n1", daysAgo: 3 }, { body: "n2", daysAgo: 2 });
    await mail.says(mail.carol, { body: "n3", daysAgo: 1 });
    assert.equal(await mail.archived(), old);
    const questions = [{ limit: 3 }, { limit: 5 }, { since: mail.id("n1") }, {}];
    const found: number[] = [];
    for (const question of questions) {
      found.push(
        await readOf(mail.bob, async (context) => {
          const asked = tail.input.parse(question);
          await Array.fromAsync(tail.stream(context, asked, NEVER));
        }),
      );
    }
    return found;
  };
  const [few, many] = [await cost(40), await cost(1_200)];
  for (const [n, bytes] of many.entries()) {
    // One piece of the archive from its end, where five are asked for and three are in the inbox.
    const most = (few[n] ?? 0) + 2 * 64 * 1024;
    assert.ok(bytes <= most, `question ${n}: ${bytes} bytes, at most ${most}`);
  }
});

Deno.test("P8: an archive without anything to show is not read back to its beginning, but for a thread", async () => {
  const mail = await ArchivedMail.create();
  await mail.says(mail.alice, { body: "old", daysAgo: 90, thread });
  await mail.archived();
  const [file = "", text = ""] = Object.entries(mail.bob.disk.texts())
    .find(([name]) => name.startsWith(`${ROOT}/archive/inbox/alice-`)) ?? [];
  const beat = { type: "heartbeat", kind: 100, timestamp: "2025-10-04T00:00:00Z" };
  const beats = (count: number) => `${JSON.stringify(beat)}\n`.repeat(count);
  await mail.bob.disk.writeAtomic(file, text + beats(9_000), { point: "test" });
  assert.equal(await mail.tail({ limit: 5 }), "old");
  await mail.bob.disk.writeAtomic(file, text + beats(11_000), { point: "test" });
  assert.equal(await mail.tail({ limit: 5 }), "");
  assert.equal(await mail.tail({ limit: 5, thread }), "old");
});
