/** A month of the archive that somebody broke: what stands beside it is read, and nothing in it is obeyed. */
import assert from "node:assert/strict";
import { runProgram } from "../../cli/program.ts";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import type { Files } from "../../platform/files.ts";
import { type ArchivedMail, ROOT, THREAD, twoPeers } from "./archived_mail.ts";
import { HOSTILE_BYTES, WILD_TEXT } from "./hostile_json.ts";
import { assertDecent, assertOneLineError, type Ran } from "./hostile_run.ts";

const ID = "f".repeat(64);
const COMMANDS = [
  ["tail", "--limit", "50"],
  ["tail", "--thread", THREAD],
  ["tail", "--since", ID],
  ["thread", THREAD],
  ["search", "--show", ID],
  ["verify", "--event", ID],
  ["status", ID],
  ["send", "alice", "late", "--reply-to", ID],
];

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const wild = {
  event_id: ID,
  thread: THREAD,
  reply_to: WILD_TEXT,
  body: { [WILD_TEXT]: WILD_TEXT },
  timestamp: WILD_TEXT,
  type: WILD_TEXT,
  from: WILD_TEXT,
  kind: { [WILD_TEXT]: 1 },
};
const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  ...HOSTILE_BYTES,
  "an event of wild members": utf8(JSON.stringify(wild)),
  "an event of no members": utf8(JSON.stringify({ event_id: ID, thread: THREAD })),
};
/** Of the month before and of the others, which nobody broke. */
const MONTH = `${ROOT}/archive/inbox/alice-2025-12.jsonl`;

async function run(
  { bob }: ArchivedMail,
  args: readonly string[],
  files: Files = bob.disk,
): Promise<Ran> {
  const terminal = new FakeTerminal();
  const exitCode = await runProgram(args, { ...bob.platform, files, terminal });
  const { stdout, stderr } = terminal;
  return { line: `wire ${args.join(" ")}`, exitCode, stdout: stdout.text, stderr: stderr.text };
}

Deno.test("P3: a broken month of the archive hides no other, and nothing in it obeys", async () => {
  const mail = await twoPeers();
  await mail.archived();
  for (const [name, bytes] of Object.entries(HOSTILE)) {
    const line = new Uint8Array([...bytes, 0x0a]);
    await mail.bob.disk.writeAtomic(MONTH, line, { point: "test" });
    for (const args of COMMANDS) {
      const ran = await run(mail, args);
      assertDecent(ran, []);
      if (ran.exitCode !== 0 && !ran.stderr.startsWith("FAILED")) assertOneLineError(ran);
      const [command] = args;
      if (command !== "thread" && !args.includes("--limit")) continue;
      for (const body of ["a1", "c1", "a3", "a4"]) {
        assert.match(ran.stdout, new RegExp(`\\b${body}\\b`), `${name}: ${ran.line}`);
      }
    }
  }
});

Deno.test("P7: a month that cannot be read is named, by whoever needs it and nobody else", async () => {
  const mail = await twoPeers();
  await mail.archived();
  const [old = ""] = Object.keys(mail.bob.disk.texts()).filter((file) =>
    /alice-2025-\d+/.test(file)
  );
  const files = new FaultFiles(mail.bob.disk).unreadable(old);
  for (const args of COMMANDS) {
    const ran = await run(mail, args, files);
    assertDecent(ran, []);
    assert.equal(ran.exitCode, 1, ran.line);
    assert.match(assertOneLineError(ran), /alice-2025-\d+\.jsonl/, ran.line);
  }
  for (const args of [["tail", "--limit", "3"], ["tail"]]) {
    const { line, exitCode, stderr } = await run(mail, args, files);
    assert.equal(exitCode, 0, `${line}: ${stderr}`);
  }
});
