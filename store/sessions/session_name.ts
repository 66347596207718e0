/**
 * What sessions are called: directory names, so nothing else may ever become one. Pure.
 * See docs/protocol/cli.md §7.1.
 */
import { sha256Hex } from "../../protocol/identity/encoding.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";

declare const sessionName: unique symbol;
/** `[a-z0-9_-]{1,64}` without a dash in front, and no device name: safe as a directory's name. */
export type SessionName = Handle & { readonly [sessionName]: true };

const FALLBACK = "wire-session";
const MAX_BYTES = 32;
const MAX_NUMBER = 999;
/** 4 hex digits of the directory's hash. */
const HASH_DIGITS = 4;

export const isSessionName = (text: unknown): text is SessionName =>
  isHandle(text) && /^[a-z0-9_][a-z0-9_-]*$/.test(text);

/**
 * The name that some text comes to, as 0.5.19 makes it: an argument, or a directory's name.
 * @returns undefined for what no directory can be called on every system, such as `con`
 */
export function sessionNameFrom(text: string): SessionName | undefined {
  const lower = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const safe = lower.replace(/[^a-z0-9_-]/gu, "-").replace(/-+/g, "-").replace(/^-|-$/g, "");
  const name = (safe === "" ? FALLBACK : safe).slice(0, MAX_BYTES).replace(/-+$/, "");
  return isSessionName(name) ? name : undefined;
}

/**
 * Names for the session of a directory, best first. The directory's own name, with a part of its
 * hash when that is taken, then numbers.
 * @param cwd absolute, as the system spells it
 * @param ownName its last part
 */
export function* candidateNames(
  cwd: string,
  ownName: string,
): Generator<SessionName, void, undefined> {
  const base = sessionNameFrom(ownName);
  const stem = base ?? FALLBACK;
  const hashed = `${stem}-${sha256Hex(cwd).slice(0, HASH_DIGITS)}`;
  if (base !== undefined) yield base;
  yield* named(hashed);
  for (let number = 2; number <= MAX_NUMBER; number++) yield* named(`${stem}-${number}`);
  yield* named(`${hashed}-overflow`);
}

function* named(text: string): Generator<SessionName, void, undefined> {
  if (isSessionName(text)) yield text;
}
