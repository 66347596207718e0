/**
 * Every file of a home, damaged in every way, under every command: it works, or says in one line
 * which file is to blame; nothing is overwritten, shown that is secret, lost or doubled.
 */
import assert from "node:assert/strict";
import { testRuns } from "../runs.ts";
import {
  CONFIG,
  type Damage,
  DamagedHome,
  EVENT_FILE,
  type FullHome,
  fullHome,
  STATE,
} from "./hostile_home.ts";
import { HOSTILE_BYTES } from "./hostile_json.ts";
import {
  assertDecent,
  assertOneLineError,
  loadEverything,
  type Ran,
  type RunOptions,
} from "./hostile_run.ts";
import { RELAY_URL } from "./mail_world.ts";

await loadEverything();
const full = await fullHome();
const quarantined = [...full.contents.keys()].find((file) => file.includes("/quarantine/")) ?? "";
const PENDING = `${STATE}/pending-pair/${full.code}.json`;

/** Holds what nothing else holds: never replaced by anything but its own next version. */
const JSON_FILES = [
  `${CONFIG}/agent-card.json`,
  `${CONFIG}/trust.json`,
  `${CONFIG}/relay.json`,
  PENDING,
];
/** Read as they come, in lines. */
const LINE_FILES = [
  `${STATE}/inbox/bob.jsonl`,
  `${STATE}/outbox/bob.jsonl`,
  `${STATE}/delivery/bob.jsonl`,
  quarantined,
];
/** Notes that can be made again. */
const NOTES = [
  `${STATE}/delivery/bob.position.json`,
  `${STATE}/delivery/bob.receipts.json`,
  `${STATE}/delivery/bob.problems.json`,
  `${STATE}/delivery/bob.signing.json`,
  `${STATE}/daemon.pid`,
  `${CONFIG}/relay.lock.owner`,
  `${STATE}/daemon.lock.owner`,
];
const FILES = [
  `${CONFIG}/private.key`,
  `${CONFIG}/config.toml`,
  ...JSON_FILES,
  ...LINE_FILES,
  ...NOTES,
  `${CONFIG}/relay.lock`,
  EVENT_FILE,
];

interface Command extends RunOptions {
  readonly args: readonly string[];
  /** On a sound home. */
  readonly exitCode?: number;
}

const { code, sas } = full;
const COMMANDS: readonly Command[] = [
  { args: ["whoami"] },
  { args: ["peers", "--json"] },
  { args: ["status"] },
  { args: ["status", "--json"] },
  { args: ["status", "--peer", "bob"] },
  { args: ["send", "bob", "claim", "something new"] },
  { args: ["push", "--json"] },
  { args: ["pull", "--json"] },
  { args: ["tail"] },
  { args: ["tail", "bob", "--limit", "1", "--json"] },
  { args: ["verify", EVENT_FILE] },
  { args: ["search", "in", "--json"] },
  { args: ["notify", "--once"] },
  { args: ["reactor", "--once", "--on-event", "true"] },
  { args: ["outbox", "list"] },
  { args: ["quarantine", "list"] },
  { args: ["quarantine", "retry"] },
  { args: ["diag", "tail"] },
  { args: ["monitor", "--replay", "5"], interrupt: "when idle", exitCode: 130 },
  { args: ["daemon", "--once", "--json"] },
  { args: ["bind-relay", RELAY_URL, "--migrate-pinned"] },
  { args: ["rotate-slot"] },
  { args: ["profile", "get"] },
  { args: ["block", "bob"] },
  { args: ["init", "alice"], exitCode: 1 },
  { args: ["pair-list"] },
  { args: ["pair-confirm", code, sas] },
  { args: ["pair-watch", code, "--timeout", "1"] },
  { args: ["pair-cancel", code] },
  { args: ["pair-host", "--compat", "--relay", RELAY_URL, "--detach"] },
  { args: ["pair-join", code, "--relay", RELAY_URL, "--detach"], exitCode: 1 },
];

function truncations(file: string): (readonly [string, Damage])[] {
  const bytes = full.contents.get(file) ?? new Uint8Array(0);
  const at = [1, bytes.length >> 2, bytes.length >> 1, bytes.length - 2, bytes.length - 1];
  return at.filter((length) => length > 0)
    .map((length) => [`cut after ${length} bytes`, bytes.slice(0, length)] as const);
}

const damagesOf = (file: string): (readonly [string, Damage])[] => [
  ...Object.entries(HOSTILE_BYTES),
  ...truncations(file),
  ["a directory", "a directory"],
];

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a?.length === b?.length && a?.every((byte, at) => byte === b?.[at]) !== false;

const SPACE = 0x20;

/** Everything that stood there stands there; spaces are where a partial line was signed. */
const isGrown = (before: Uint8Array, after: Uint8Array | undefined): boolean =>
  after !== undefined && after.length >= before.length &&
  before.every((byte, at) => after[at] === byte || after[at] === SPACE);

/** What a sound file of another content makes a command say, without any file to blame. */
const NO_DAMAGE =
  /self slot not bound|no peer slots pinned|unknown peer|no pending pair|not found|nobody of that name/;
/** An answer of `verify`, not a failure. */
const NOT_VERIFIED = /^FAILED: [^\n]+\n$/;

interface Case {
  readonly file: string;
  readonly name: string;
  readonly damage: Damage;
  readonly command: Command;
}

async function tryCase({ file, name, damage, command }: Case, home: FullHome): Promise<void> {
  const damaged = await DamagedHome.of(home, file, damage);
  const ran = await damaged.run(command.args, command);
  try {
    assertDecent(ran, home.secrets);
    if (!isAsUsual(ran, command)) {
      assert.equal(ran.exitCode, 1, `${ran.stdout}${ran.stderr}`);
      const error = NOT_VERIFIED.test(ran.stderr) ? ran.stderr : assertOneLineError(ran);
      assert.ok(
        error.includes(JSON.stringify(file)) || NO_DAMAGE.test(error) ||
          NOT_VERIFIED.test(error),
        error,
      );
    }
    await assertKept(damaged, home, { file, damage, isUnderstood: isAsUsual(ran, command) });
  } catch (cause) {
    throw new Error(`${ran.line} with ${file}: ${name}`, { cause });
  }
}

const isAsUsual = ({ exitCode, stderr }: Ran, command: Command): boolean =>
  exitCode === (command.exitCode ?? 0) &&
  (exitCode !== 1 || /already initialized|already under way/.test(stderr));

interface Kept {
  readonly file: string;
  readonly damage: Damage;
  /** The command did not mind: it may have gone on from what the file says. */
  readonly isUnderstood: boolean;
}

/** What a command may leave of every file that was there. */
async function assertKept(damaged: DamagedHome, home: FullHome, kept: Kept): Promise<void> {
  const { file, damage, isUnderstood } = kept;
  for (const [path, original] of home.contents) {
    const before = path === file ? damage : original;
    const after = await damaged.disk.stat(path).then((stat) =>
      stat?.isDirectory ? undefined : damaged.disk.readBytes(path)
    );
    if (typeof before === "string") assert.equal(after, undefined, `${path} was replaced`);
    else if (LINE_FILES.includes(path)) assert.ok(isGrown(before, after), `${path} lost lines`);
    else if (path === `${CONFIG}/relay.json` || path === PENDING) {
      const isChanged = !same(before, after);
      if (path === file && !isUnderstood) assert.ok(!isChanged, `${path} was overwritten`);
      else if (isChanged && path !== PENDING) assertPeersKept(before, after);
    } else if (!NOTES.includes(path)) {
      assert.ok(same(before, after), `${path} was changed`);
    }
  }
}

/** Whatever else is new in relay.json: who was there is there, with the way to reach them. */
function assertPeersKept(before: Uint8Array, after: Uint8Array | undefined): void {
  const peers = (bytes: Uint8Array): unknown =>
    JSON.parse(new TextDecoder().decode(bytes))?.peers ?? {};
  assert.ok(after !== undefined);
  assert.deepEqual(peers(after), peers(before));
}

Deno.test("the home of these tests is sound: every command does what it does", async () => {
  for (const command of COMMANDS) {
    const home = await DamagedHome.of(full, "");
    const ran = await home.run(command.args, command);
    assertDecent(ran, full.secrets);
    assert.ok(isAsUsual(ran, command), `${ran.line}: ${ran.exitCode} ${ran.stderr}`);
  }
});

/** Without WIRE_TEST_RUNS each damage of each file meets every second command, in turn. */
const STRIDE = testRuns(0) > 0 ? 1 : 2;

for (const [at, file] of FILES.entries()) {
  const shown = file.split("/").slice(-2).join("/");
  Deno.test(`P7: ${shown} damaged in every way stops nothing silently and is never overwritten`, async () => {
    for (const [turn, [name, damage]] of damagesOf(file).entries()) {
      const commands = COMMANDS.filter((_, index) => (index + turn + at) % STRIDE === 0);
      for (const command of commands) await tryCase({ file, name, damage, command }, full);
    }
  });
}
