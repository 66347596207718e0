/** One message by its id, for each command that takes one: also of mail that `wire archive` put away. */
import assert from "node:assert/strict";
import { runProgram } from "../../cli/program.ts";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import { ArchivedMail, ROOT, THREAD, twoPeers } from "../../tests/fault/archived_mail.ts";
import { restarted } from "../../tests/fault/mail_world.ts";
import { readReceiptState } from "../../store/mail/receipt_state.ts";
import { search } from "../operations/search.ts";
import { send } from "../operations/send.ts";
import { verify } from "../operations/verify.ts";

async function wire({ bob }: ArchivedMail, ...line: readonly string[]) {
  const terminal = new FakeTerminal();
  const code = await runProgram(line, { ...bob.platform, terminal });
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

const asked = (body: string, replyTo?: string) =>
  send.input.parse({ peer: "alice", body, replyTo });

const show = (mail: ArchivedMail, id: string) =>
  search.run(restarted(mail.bob), search.input.parse({ show: id }));

Deno.test("search --show gives a message as a whole, archived, in the inbox or sent, by the beginning of its id", async () => {
  const mail = await twoPeers();
  const { event_id: sent } = await send.run(mail.bob.context, asked("yes"));
  await mail.archived();
  for (
    const [id, body, direction] of [
      [mail.id("a1"), "a1", "in"],
      [mail.id("a5"), "a5", "in"],
      [sent, "yes", "out"],
    ] as const
  ) {
    for (const asked of [id, id.slice(0, 12)]) {
      const { messages: [message, ...others], more } = await show(mail, asked);
      assert.deepEqual([others, more], [[], false]);
      assert.deepEqual(
        [message?.event_id, message?.snippet, message?.direction, message?.verified],
        [id, body, direction, true],
      );
      assert.equal(message?.raw?.["body"], body);
    }
  }
  const { stdout } = await wire(mail, "search", "--show", mail.id("a1").slice(0, 12));
  assert.match(stdout, new RegExp(`^message: +${mail.id("a1")}$`, "m"));
  assert.match(stdout, new RegExp(`^from: +alice\n[^]*^thread: +${THREAD}$[^]*✓\n\na1\n$`, "m"));
});

Deno.test("search --show: a body has its lines, and nothing in it obeys the terminal", async () => {
  const mail = await ArchivedMail.create();
  const long = "x".repeat(3_000);
  await mail.says(mail.alice, { body: `one\n\u001b[2Jtwo\r\n\u202e${long}`, daysAgo: 90 });
  await mail.archived();
  const [id = ""] = [...mail.ids.values()];
  const { stdout } = await wire(mail, "search", "--show", id);
  assert.ok(stdout.endsWith(`\n\none\n\ufffd[2Jtwo\n\ufffd${long}\n`), JSON.stringify(stdout));
});

Deno.test("an id that nobody has, several have, or that is none, is said as what it is", async () => {
  const mail = await ArchivedMail.create();
  const bodies = Array.from({ length: 600 }, (_, n) => ({ body: `m${n}`, daysAgo: 90 }));
  await mail.says(mail.alice, ...bodies);
  const beginnings = Map.groupBy(mail.ids.values(), (id) => id.slice(0, 4));
  const [many] = [...beginnings].find(([, ids]) => ids.length > 1) ?? assert.fail("more mail");
  const asked = [[many, "conflict"], ["f".repeat(64), "not_found"], ["xyz", "usage"], [
    "abc",
    "usage",
  ]] as const;
  for (const [id, code] of asked) {
    await assert.rejects(show(mail, id), { code }, id);
    const input = verify.input.parse({ event: id });
    await assert.rejects(verify.run(mail.bob.context, input), { code }, id);
  }
  assert.equal((await wire(mail, "search")).code, 2);
  assert.equal((await wire(mail, "search", "word", "--show", many)).code, 2);
  assert.equal((await wire(mail, "verify", "-", "--event", many)).code, 2);
});

Deno.test("verify --event takes an archived message, and says what was changed in it", async () => {
  const mail = await twoPeers();
  await mail.archived();
  const id = mail.id("a1").slice(0, 10);
  assert.equal((await wire(mail, "verify", "--event", id)).stdout, "verified ✓\n");
  const [file = "", text = ""] = Object.entries(mail.bob.disk.texts())
    .find(([name, held]) => name.startsWith(`${ROOT}/archive/`) && held.includes(id)) ?? [];
  await mail.bob.disk.writeAtomic(file, text.replace('"a1"', '"b1"'), { point: "test" });
  const { code, stderr } = await wire(mail, "verify", "--event", id);
  assert.equal(code, 1);
  assert.match(stderr, /FAILED/);
});

Deno.test("status of a message that came says who sent it, archived or not, and what shows it", async () => {
  const mail = await twoPeers();
  await mail.archived();
  for (const body of ["a1", "a5"]) {
    const id = mail.id(body).slice(0, 12);
    const { code, stderr } = await wire(mail, "status", id);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`no message of ours has the id ${id}: alice has sent it`));
    assert.match(stderr, new RegExp(`wire search --show ${id}`));
  }
});

Deno.test("an answer to an archived message is in its thread", async () => {
  const mail = await twoPeers();
  await mail.archived();
  const replyTo = mail.id("a1");
  const sent = await send.run(mail.bob.context, asked("late", replyTo));
  assert.equal(sent.thread, THREAD);
});

Deno.test("what search --show has shown counts as read, where the peer is to be told", async () => {
  const mail = await twoPeers();
  const { bob: { disk, context: { home } }, alice } = mail;
  await disk.writeAtomic(home.file.config, "[receipts]\nread = true\n", { point: "test" });
  await show(mail, mail.id("a5"));
  const reads = disk.texts()[`${ROOT}/delivery/alice.reads`];
  assert.equal(reads, `${mail.id("a5")}\n`);
  const state = await readReceiptState({ files: disk, stateRoot: ROOT }, alice.handle);
  assert.equal(state?.reads, 0);
});
