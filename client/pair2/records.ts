/**
 * Pairings of the form pair/2 on the disk: an event is applied to what the file says at that moment,
 * under its lock, so that a command and the daemon never overwrite each other.
 * See docs/protocol/extensions.md §10.
 */
import type { FileLock } from "../../platform/files.ts";
import type { Random } from "../../platform/random.ts";
import { toBase64 } from "../../protocol/identity/encoding.ts";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import {
  formatPair2Code,
  isNameplate,
  isPair2Shape,
  parsePair2Code,
} from "../../protocol/pair2/code.ts";
import type { Pair2Effect, Pair2Event, Self2 } from "../../protocol/pair2/event.ts";
import { begin, step } from "../../protocol/pair2/machine.ts";
import type { Side } from "../../protocol/pair2/side.ts";
import { isOver, type Pair2State, type Secrets2 } from "../../protocol/pair2/state.ts";
import type { Pair2Record } from "../../store/home/pair2_records.ts";
import type { ClientContext } from "../context.ts";
import { lockDriver } from "../pairing/pair_records.ts";

/** What one event did. */
export interface Applied2 {
  readonly id: string;
  /** Before and after; the same object when nothing was written. */
  readonly before: Pair2State;
  readonly state: Pair2State;
  readonly effects: readonly Pair2Effect[];
  readonly self: Self2;
}

const CLAIM_BYTES = 16;

/** Fresh for each opening. */
export function drawSecrets(random: Random): Secrets2 {
  const draw = (bytes: number): string => toBase64(random.bytes(bytes));
  return {
    seed: draw(32),
    r: draw(32),
    confirmNonce: draw(12),
    cardNonce: draw(12),
    doneNonce: draw(12),
  };
}

/** @throws {WireError} not_initialized, unreadable */
export async function selfOf({ home }: Pick<ClientContext, "home">): Promise<Self2> {
  const [{ keys, did }, trust] = await Promise.all([home.readIdentity(), home.readTrust()]);
  return { keys, did, trust };
}

/**
 * Steps the machine from what is on the disk, and saves.
 * @returns undefined if there is no such record (any more)
 */
export async function applyEvent2(
  context: Pick<ClientContext, "home">,
  id: string,
  event: Pair2Event,
): Promise<Applied2 | undefined> {
  const self = await selfOf(context);
  let applied: Applied2 | undefined;
  await context.home.pair2.update(id, (before) => {
    const [state, effects] = step(self, before, event);
    applied = { id, before, state, effects, self };
    return state;
  });
  return applied;
}

export interface Begin2 {
  readonly side: Side;
  readonly relayUrl: RelayUrl;
  readonly words: readonly string[];
  /** A guest's. */
  readonly nameplate?: string;
}

/** A new record: everything that is sent is on the disk before. @returns its id */
export function beginRecord2(
  { home, platform: { clock, random } }: ClientContext,
  input: Begin2,
): Promise<string> {
  const claim = random.bytes(CLAIM_BYTES).toHex();
  const about = { ...input, claim, createdAt: clock.now(), reopened: 0, tried: false };
  return home.pair2.create(begin(about, drawSecrets(random)));
}

/**
 * The record of a pairing that is asked for: a new one, or for a guest with the same code the one
 * that an earlier attempt left, which is gone on with.
 * @throws {WireError} conflict, if the code is in use here in another way
 */
export async function recordFor(context: ClientContext, input: Begin2): Promise<string> {
  const { nameplate, words, side, relayUrl } = input;
  if (nameplate === undefined) return await beginRecord2(context, input);
  const code = formatPair2Code({ nameplate, words });
  const found = await findRecord2(context, code);
  if (found === undefined || isOver(found.state) || !("about" in found.state)) {
    return await beginRecord2(context, input);
  }
  const { about } = found.state;
  if (about.side === side && about.relayUrl === relayUrl) return found.id;
  throw new WireError(
    "conflict",
    `pairing ${nameplate} is already under way on this home, as ${about.side} on ${about.relayUrl}`,
    { hint: `give it up with: wire pair-cancel ${nameplate}` },
  );
}

/** Who drives a pairing: a terminal for as long as it lives, or the daemon for one step. */
export const lockDriver2 = (
  { home }: Pick<ClientContext, "home">,
  id: string,
  options: { readonly owner: string; readonly deadlineMs: number },
): Promise<FileLock> => lockDriver(home, `pair2-${id}`, options);

/** Whether somebody means a pairing of this form: its code, or the number of it alone. */
export const meansPair2 = (text: string): boolean => isPair2Shape(text) || isNameplate(text.trim());

/**
 * The record that somebody means by a code, or by its number. Of an ended one only the number is
 * known any more.
 * @throws {WireError} usage
 */
export async function findRecord2(
  { home, warn }: ClientContext,
  text: string,
): Promise<Pair2Record | undefined> {
  const code = isNameplate(text.trim())
    ? { nameplate: text.trim(), words: undefined }
    : parsePair2Code(text);
  const records = await home.pair2.list((problem) => warn(problem.message));
  const named = records.filter(({ state }) => nameplateOf(state) === code.nameplate).reverse();
  const live = named.find(({ state }) =>
    "about" in state &&
    (code.words === undefined || state.about.words.join() === code.words.join())
  );
  return live ?? named.find(({ state }) => isOver(state));
}

export const nameplateOf = (state: Pair2State): string | undefined =>
  "about" in state ? state.about.nameplate : state.remains.nameplate;

/** As people see it: with words while they are known, else the number; before it has one, `…`. */
export function shownCode(state: Pair2State): string {
  const nameplate = nameplateOf(state);
  if (nameplate === undefined) return "…";
  return "about" in state ? formatPair2Code({ nameplate, words: state.about.words }) : nameplate;
}

export const noSuchPair = (code: string): WireError =>
  new WireError("not_found", `no pending pair found for code ${code}`);
