import assert from "node:assert/strict";
import { runProgram } from "../../cli/program.ts";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import { ArchivedMail, ROOT, THREAD, twoPeers } from "../../tests/fault/archived_mail.ts";
import { MailWorld, restarted } from "../../tests/fault/mail_world.ts";
import { archive } from "./archive.ts";
import { push } from "./push.ts";
import { send } from "./send.ts";
import { thread } from "./thread.ts";

const read = (mail: ArchivedMail, more: Record<string, unknown> = {}) =>
  thread.run(restarted(mail.bob), thread.input.parse({ thread: THREAD, ...more }));

const said = (messages: readonly { readonly direction: string; readonly snippet: string }[]) =>
  messages.map(({ direction, snippet }) => `${direction} ${snippet}`);

async function conversation(): Promise<ArchivedMail> {
  const mail = await twoPeers();
  const input = { peer: "alice", body: "our answer", thread: THREAD };
  await send.run(mail.bob.context, send.input.parse(input));
  await send.run(mail.bob.context, send.input.parse({ peer: "alice", body: "elsewhere" }));
  return mail;
}

Deno.test("a thread is what came and what was sent, in order of time, archived or not", async () => {
  const mail = await conversation();
  const whole = ["in a1", "in c1", "in a3", "in a4", "out our answer"];
  assert.deepEqual(said((await read(mail)).messages), whole);
  await mail.archived();
  const { messages, more } = await read(mail);
  assert.deepEqual([said(messages), more], [whole, false]);
  assert.deepEqual(messages.map(({ verified }) => verified), [true, false, true, true, true]);
  const alone = await read(mail, { peer: "carol" });
  assert.deepEqual(said(alone.messages), ["in c1"]);
});

Deno.test("of a long thread the newest are shown, and only they count as read", async () => {
  const mail = await conversation();
  const { bob: { disk, context: { home } } } = mail;
  await disk.writeAtomic(home.file.config, "[receipts]\nread = true\n", { point: "test" });
  const { messages, more } = await read(mail, { limit: 2 });
  assert.deepEqual([said(messages), more], [["in a4", "out our answer"], true]);
  assert.equal(disk.texts()[`${ROOT}/delivery/alice.reads`], `${mail.id("a4")}\n`);
});

Deno.test("wire thread prints a line a message, whose text obeys no terminal", async () => {
  const mail = await ArchivedMail.create();
  await mail.says(mail.alice, {
    body: `one\n\u001b[2Jtwo${"x".repeat(900)}`,
    daysAgo: 90,
    thread: THREAD,
  });
  await mail.archived();
  const wire = async (...line: readonly string[]) => {
    const terminal = new FakeTerminal();
    const code = await runProgram(["thread", ...line], { ...mail.bob.platform, terminal });
    return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
  };
  const { stdout } = await wire(THREAD);
  assert.match(
    stdout,
    /^\[2025-10-03T00:00:00\] ← alice\/claim \([0-9a-f]{12}\) one \ufffd\[2Jtwox{900}\n$/,
  );
  assert.match((await wire("f".repeat(32))).stderr, /no message is in that thread/);
  const wrong = await wire("general");
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stderr, /expected 32 hex digits/);
});

Deno.test("what was sent and then archived is in its thread, and what answers it, too", async () => {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const say = (body: string, more = {}) =>
    send.run(restarted(bob), send.input.parse({ peer: "alice", body, ...more }));
  const first = await say("old question", { thread: THREAD });
  await push.run(restarted(bob), {});
  await bob.clock.advance(60 * 86_400_000);
  const { archived } = await archive.run(restarted(bob), archive.input.parse({}));
  assert.deepEqual(archived.map(({ box, messages }) => [box, messages]), [["outbox", 1]]);
  await say("and now?", { replyTo: first.event_id });
  const { messages } = await thread.run(bob.context, thread.input.parse({ thread: THREAD }));
  assert.deepEqual(said(messages), ["out old question", "out and now?"]);
  assert.equal(messages[0]?.peer, alice.handle);
});
