/**
 * Pairings with an attacker who owns the relay, in both forms, by the published commands: one program
 * with a switch for each attack. What makes the old form pair both victims with him, as
 * docs/protocol/pairing.md §6.3 says, comes to nothing against pair/2. Every attack is played in this
 * process; over real sockets between processes a few, and all of them in a long run.
 */
import assert from "node:assert/strict";
import { isLongRun } from "../runs.ts";
import { type Case, CASES, LONG_S } from "./attacker/cases.ts";
import { hisDid } from "./attacker/forms.ts";
import { type Outcome, pinnedAt, play } from "./attacker/outcome.ts";
import { openStage, type Stage, type Where } from "./attacker/stage.ts";

const NAMES = ["alice", "bob"] as const;
const HIS: Readonly<Record<string, unknown>> = { [hisDid("host")]: 0, [hisDid("guest")]: 0 };

const pins = (stage: Stage) => Promise.all(NAMES.map((name) => pinnedAt(stage, name)));

async function attacked(where: Where, it: Case): Promise<void> {
  await using stage = await openStage(where, it.attack);
  if (it.before) {
    const first = await play(stage, { ...it.play, timeoutS: LONG_S, attacking: false });
    assert.deepEqual([first.host.code, first.guest.code], [0, 0], first.host.stderr);
  }
  const before = await pins(stage);
  const outcome = await play(stage, it.play);
  const after = await pins(stage);
  const screens = [outcome.host, outcome.guest];
  const said = screens.map(({ stderr }) => stderr).join("\n");
  const codes = screens.map(({ code }) => code);
  switch (it.ends.tag) {
    case "with him":
      assert.deepEqual(codes, [0, 0], said);
      assert.deepEqual(after.map((pinned) => Object.keys(pinned)), [[hisDid("host")], [
        hisDid("guest"),
      ]]);
      caughtByIdentityCheck(outcome);
      return;
    case "with each other":
      assert.deepEqual(codes, [0, 0], said);
      for (const pinned of after) assert.deepEqual(Object.values(pinned), ["VERIFIED"]);
      assert.ok(after.flatMap((pinned) => Object.keys(pinned)).every((did) => !(did in HIS)));
      return;
    case "alone":
      assert.deepEqual(codes, [1, 1], said);
      assert.deepEqual(after, before, "nobody is pinned by it");
      assert.ok(screens.every(({ stdout }) => stdout === ""));
      assert.match(said, it.ends.told);
      if (it.play.form === "pair/2") assertToldOfAttempt(it, outcome);
  }
}

/** It is the keys that differ, so what is derived of them does. */
function caughtByIdentityCheck({ host, guest, digits: [left, right], attempts }: Outcome): void {
  assert.ok(left !== undefined && left === right, "the operators compare, and see nothing");
  assert.ok(attempts < 10_000);
  const checks = [host, guest].map(({ stdout }) => JSON.parse(stdout).identity_check);
  assert.notEqual(checks[0], checks[1], "but this gives him away");
}

/** After a side has shown its exchange every end is told as an attempt; what is held goes on. */
function assertToldOfAttempt({ attack }: Case, { host, guest }: Outcome): void {
  const phase = "phase" in attack ? attack.phase : undefined;
  for (const { stderr } of [host, guest]) {
    const error = stderr.slice(stderr.indexOf("error: "));
    if (phase === "done") assert.match(error, /wire daemon goes on waiting for a day/);
    else if (attack.do === "dropped" && phase === "commit") {
      assert.doesNotMatch(error, /may have tried/);
    } else assert.match(error, /somebody may have tried to guess the words/, stderr);
  }
}

const named = ({ name, play: { form } }: Case): string => `${form}: ${name}`;

for (const it of CASES) {
  Deno.test(`T2: in memory, ${named(it)}`, async () => await attacked("in memory", it));
}

/** Processes wait for each other more than they work. */
const AT_ONCE = 3;

Deno.test("T2: as processes over real sockets: what he does comes to the same", async () => {
  const left = isLongRun() ? [...CASES] : CASES.filter(({ isShort }) => isShort);
  const failed: string[] = [];
  async function work(): Promise<void> {
    for (let it = left.shift(); it !== undefined; it = left.shift()) {
      try {
        await attacked("as processes", it);
      } catch (error) {
        // All of them are told, each by its name.
        failed.push(`${named(it)}: ${error}`);
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.deepEqual(failed, []);
});
