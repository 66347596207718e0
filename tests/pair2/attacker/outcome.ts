/** One pairing as two operators go it who compare their screens, with the attacker between them. */
import assert from "node:assert/strict";
import type { Finished } from "../../../scripts/wire_process.ts";
import type { FormName } from "./room.ts";
import { keyIn, type Name, type Running, type Stage } from "./stage.ts";

export const CODE = /^\s+((?:\d\d-[A-Z2-7]{6})|(?:\d{4,5}(?:-[a-z]+){3}))$/m;
export const DIGITS = /^\s+(\d{3}-\d{3})\s*$/m;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

export interface Outcome {
  readonly host: Finished;
  readonly guest: Finished;
  /** What the screens showed. */
  readonly digits: readonly [string | undefined, string | undefined];
  /** Of the attacker's search. */
  readonly attempts: number;
}

export interface Play {
  readonly form: FormName;
  /** Characters of the code that he is not told. */
  readonly unknown?: "the end of it";
  /** Seconds of each wait. */
  readonly timeoutS: number;
  readonly attacking: boolean;
}

export async function play(
  stage: Stage,
  { form, unknown, timeoutS, attacking }: Play,
): Promise<Outcome> {
  const options = ["--relay", stage.url, "--timeout", String(timeoutS)];
  const compat = form === "0.5.19" ? ["--compat"] : [];
  const host = stage.start("alice", ["pair-host", ...compat, ...options]);
  const [, code = ""] = await host.seen(CODE) ?? assert.fail((await host.finished()).stderr);
  const keys = {
    host: keyIn(await stage.file("alice", "agent-card.json")),
    guest: keyIn(await stage.file("bob", "agent-card.json")),
  };
  await stage.tell({ code: unknown === undefined ? code : beginning(form, code), keys, attacking });
  const guest = stage.start("bob", ["pair-join", code, ...options]);
  const digits = await Promise.all(
    [host, guest].map(async (screen) => (await screen.seen(DIGITS))?.[1]),
  );
  const [left, right] = digits;
  const answer = left === right ? "y\n" : "n\n";
  for (const [screen, shown] of [[host, left], [guest, right]] as const) {
    if (shown !== undefined) await answered(screen, answer);
  }
  const [hosted, joined] = await Promise.all([host.finished(), guest.finished()]);
  return {
    host: hosted,
    guest: joined,
    digits: [left, right],
    attempts: await stage.tell(undefined),
  };
}

async function answered(screen: Running, answer: string): Promise<void> {
  try {
    await screen.write(answer);
  } catch (error) {
    // It has seen that the other side is gone, and waits for no answer.
    if (!(error instanceof TypeError || error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Without the last word, or the last two letters. */
export const beginning = (form: FormName, code: string): string =>
  form === "0.5.19" ? code.slice(0, -2) : code.split("-").slice(0, -1).join("-");

/** DIDs by tier, as each home shows them. */
export async function pinnedAt(
  stage: Stage,
  name: Name,
): Promise<Readonly<Record<string, string>>> {
  const peers = await stage.peers(name);
  return Object.fromEntries(peers.map((peer) => {
    assert.ok(isRecord(peer));
    return [String(peer["did"]), String(peer["tier"])];
  }));
}
