/**
 * Somebody with a code that was not meant for him, at an honest relay: the attacker of
 * hostile_relay_test.ts in the guest's place. The published command is his victim.
 */
import assert from "node:assert/strict";
import { isLongRun } from "../runs.ts";
import { type Attack, EVIL_POINTS } from "./attacker/attacks.ts";
import { isEvilPoint, REASONS } from "./attacker/cases.ts";
import { beginning, CODE, pinnedAt } from "./attacker/outcome.ts";
import type { FormName } from "./attacker/room.ts";
import { keyIn, openStage, type Where } from "./attacker/stage.ts";

interface Intruder {
  readonly form: FormName;
  readonly attack: Attack;
  /** Without the last word. */
  readonly guesses: boolean;
  readonly told: RegExp;
}

const INTRUDERS: readonly Intruder[] = [
  {
    form: "pair/2",
    attack: { do: "digit search, as committed" },
    guesses: true,
    told: /the other side used other words, or somebody is guessing them/,
  },
  ...(["0.5.19", "pair/2"] as const).flatMap((form) =>
    Object.keys(EVIL_POINTS).filter(isEvilPoint).map((point) => ({
      form,
      attack: { do: "evil point", point } as const,
      guesses: false,
      told: new RegExp(`SPAKE2 finish failed: ${REASONS[point]}`),
    }))
  ),
];

async function intrudes(where: Where, it: Intruder): Promise<void> {
  const { form, attack, guesses, told } = it;
  await using stage = await openStage(where);
  const options = ["--relay", stage.url, "--timeout", "300"];
  const compat = form === "0.5.19" ? ["--compat"] : [];
  const host = stage.start("alice", ["pair-host", ...compat, ...options]);
  const [, code = ""] = await host.seen(CODE) ?? assert.fail((await host.finished()).stderr);
  const keys = {
    host: keyIn(await stage.file("alice", "agent-card.json")),
    guest: keyIn(await stage.file("bob", "agent-card.json")),
  };
  const guess = guesses ? beginning(form, code) : code;
  await stage.intrude(attack, { form, code, guess, keys });
  const { code: exit, stdout, stderr } = await host.finished();
  assert.deepEqual([exit, stdout], [1, ""], stderr);
  assert.match(stderr, told);
  if (form === "pair/2") assert.match(stderr, /somebody may have tried to guess the words/);
  assert.deepEqual(await pinnedAt(stage, "alice"), {});
  if (form === "0.5.19") return;
  const late = await stage.start("bob", ["pair-join", code, ...options]).finished();
  assert.equal(late.code, 1, late.stderr);
  assert.match(late.stderr, /error: .*(unknown code|already in use|closed)/, "the code is burnt");
}

const named = ({ form, attack }: Intruder): string =>
  `${form}: ${"point" in attack ? attack.point : "guessed words burn the code"}`;

for (const it of INTRUDERS) {
  Deno.test(`T7: a hostile guest in memory, ${named(it)}`, () => intrudes("in memory", it));
}

Deno.test("T7: a hostile guest as a process over real sockets comes to the same", async () => {
  for (const it of isLongRun() ? INTRUDERS : INTRUDERS.slice(0, 1)) {
    await intrudes("as processes", it);
  }
});
