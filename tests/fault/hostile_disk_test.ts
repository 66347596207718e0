/**
 * A disk that lets itself be read and not written, and files that cannot be read: what works goes
 * on, what does not says so in one line, and after the mend nothing is lost or doubled.
 */
import assert from "node:assert/strict";
import { RECEIPT_TYPE } from "../../protocol/delivery/receipts.ts";
import { FaultFiles } from "../../platform/fault_files.ts";
import { CONFIG, DamagedHome, EVENT_FILE, type FullHome, fullHome, STATE } from "./hostile_home.ts";
import { assertDecent, assertOneLineError, contentsOf, loadEverything } from "./hostile_run.ts";
import { RELAY_URL } from "./mail_world.ts";

await loadEverything();
const full = await fullHome();
const { code, sas } = full;

const READERS: readonly (readonly string[])[] = [
  ["whoami"],
  ["peers"],
  ["status"],
  ["status", "--peer", "bob"],
  ["tail"],
  ["monitor", "--replay", "5"],
  ["verify", EVENT_FILE],
  ["pair-list"],
  ["pair-watch", code, "--timeout", "1"],
];
const WRITERS: readonly (readonly string[])[] = [
  ["send", "bob", "claim", "something new"],
  ["push"],
  ["pull"],
  ["daemon", "--once"],
  ["bind-relay", RELAY_URL, "--migrate-pinned"],
  ["pair-confirm", code, sas],
  ["pair-cancel", code],
  ["pair-host", "--compat", "--relay", RELAY_URL, "--detach"],
  ["pair-host", "--compat", "--relay", RELAY_URL, "--timeout", "1"],
  ["pair-join", "12-ABCDEF", "--relay", RELAY_URL, "--detach"],
];

/** What came and went, whatever happened before: once each. */
async function assertAllMailOnce(home: DamagedHome, { queued, received, waiting }: FullHome) {
  for (const command of ["push", "pull"]) {
    const ran = await home.run([command]);
    assert.equal(ran.exitCode, 0, `${ran.line}: ${ran.stderr}`);
  }
  assert.deepEqual(bodiesIn(home.disk.texts()[`${STATE}/inbox/bob.jsonl`] ?? ""), [
    ...received,
    ...waiting,
  ]);
  const posted = bodiesIn(home.relay.mail.texts(peerSlot()).join("\n"));
  for (const body of queued) assert.equal(posted.filter((other) => other === body).length, 1, body);
}

/** Of messages: what else goes between the two is no mail of anybody's. */
const bodiesIn = (lines: string): unknown[] =>
  lines.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))
    .filter(({ type }) => type !== RECEIPT_TYPE).map(({ body }) => body);

const peerSlot = (): string =>
  JSON.parse(new TextDecoder().decode(full.contents.get(`${CONFIG}/relay.json`))).peers.bob.slot_id;

Deno.test("a read-only home: what only reads works as ever", async () => {
  for (const args of READERS) {
    const home = await DamagedHome.of(full, "");
    const files = new FaultFiles(home.disk);
    files.readOnly = true;
    const ran = await home.run(args, { interrupt: "when idle" }, files);
    assertDecent(ran, full.secrets);
    assert.equal(ran.exitCode, args[0] === "monitor" ? 130 : 0, `${ran.line}: ${ran.stderr}`);
    assert.notEqual(ran.stdout, "", ran.line);
  }
});

Deno.test("P1: a read-only home: what would write is one line and exit 1; nothing changes, nothing is lost", async () => {
  for (const args of WRITERS) {
    const home = await DamagedHome.of(full, "");
    const files = new FaultFiles(home.disk);
    files.readOnly = true;
    const before = await contentsOf(home.disk);
    const ran = await home.run(args, {}, files);
    assertDecent(ran, full.secrets);
    assert.equal(ran.exitCode, 1, `${ran.line}: ${ran.stdout}`);
    assert.match(assertOneLineError(ran), /Cannot write "\/alice\/[^"]+": .*read-only/);
    assert.equal(ran.stdout, "", ran.line);
    assert.deepEqual(await contentsOf(home.disk), before, ran.line);
    await assertAllMailOnce(home, full);
  }
});

Deno.test("a read-only place for a new home: init is one line and makes nothing", async () => {
  const home = await DamagedHome.of({ ...full, contents: new Map() }, "");
  const files = new FaultFiles(home.disk);
  files.readOnly = true;
  const ran = await home.run(["init", "alice", "--relay", RELAY_URL], {}, files);
  assert.equal(ran.exitCode, 1);
  assert.match(assertOneLineError(ran), /Cannot write .*read-only/);
  assert.deepEqual(home.disk.texts(), {});
});

Deno.test("P7: a file that cannot be read stops who needs it, by name, and is itself again afterwards", async () => {
  const commands = [...READERS, ...WRITERS];
  let stopped = 0;
  for (const file of full.contents.keys()) {
    for (const args of commands) {
      const home = await DamagedHome.of(full, "");
      const files = new FaultFiles(home.disk).unreadable(file);
      const ran = await home.run(args, { interrupt: "when idle" }, files);
      assertDecent(ran, full.secrets);
      const isFine = ran.exitCode === 0 || ran.exitCode === 130;
      if (isFine) continue;
      const error = assertOneLineError(ran);
      // Nobody came to that pairing, which is its own end.
      if (args.includes("--timeout") && /expired/.test(error)) continue;
      assert.ok(error.includes(JSON.stringify(file)), ran.stderr);
      assert.deepEqual(await home.disk.readBytes(file), full.contents.get(file), ran.line);
      stopped++;
    }
  }
  assert.ok(stopped > 2 * commands.length, `only ${stopped} stopped: are the files read at all?`);
});

Deno.test("P1: after any damage is mended, what waited is sent and fetched once", async () => {
  const damages = ["{", "\u0000", '{"self":null}', "[]"];
  const files = [...full.contents.keys()].filter((file) =>
    !/outbox\/|inbox\/|\.lock|\/event/.test(file)
  );
  for (const file of files) {
    for (const damage of damages) {
      const bytes = new TextEncoder().encode(damage);
      const home = await DamagedHome.of(full, file, bytes);
      for (const command of ["push", "pull", "daemon"]) {
        await home.run(command === "daemon" ? ["daemon", "--once"] : [command]);
      }
      const left = await home.disk.readBytes(file);
      const original = full.contents.get(file);
      // An operator puts back what the damage took; what was written since stays.
      if (left?.every((byte, at) => byte === bytes[at]) && original !== undefined) {
        await home.disk.writeAtomic(file, original, { point: "test.mend" });
      }
      await assertAllMailOnce(home, full);
    }
  }
});
