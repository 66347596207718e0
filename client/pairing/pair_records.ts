/**
 * Pairings on the disk: an event is applied to what the file says at that moment, under its lock, so
 * that a command and the daemon never overwrite each other. See docs/protocol/pairing.md §11.6.
 */
import path from "node:path";
import type { FileLock } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { step } from "../../protocol/pairing/machine.ts";
import type { PairEffect, PairEvent } from "../../protocol/pairing/pair_event.ts";
import { newRequest, pairOf, recordOf } from "../../protocol/pairing/pair_record.ts";
import type { PairAbout, PairState } from "../../protocol/pairing/pair_state.ts";
import type { PendingPair } from "../../protocol/pairing/pending_pair.ts";
import { toBase64 } from "../../protocol/identity/encoding.ts";
import { SEED_BYTES } from "../../protocol/pairing/spake2.ts";
import type { Home } from "../../store/home/home.ts";
import type { ClientContext } from "../context.ts";

/** What one event did. */
export interface Applied {
  /** The record before and after; equal when nothing was written. */
  readonly before: PendingPair;
  readonly record: PendingPair;
  readonly state: PairState;
  readonly effects: readonly PairEffect[];
}

/**
 * Steps the machine from what is on the disk, and saves.
 * @returns undefined if there is no such record (any more)
 */
export async function applyEvent(
  { home }: ClientContext,
  code: string,
  event: PairEvent,
): Promise<Applied | undefined> {
  let applied: Applied | undefined;
  await home.pendingPairs.update(code, (before) => {
    const read = pairOf(before);
    if (!read.ok) throw new WireError("unreadable", read.error);
    const [state, effects] = step(read.state, event);
    // A finished pairing has no status of its own: its record goes.
    const unchanged = state === read.state || state.tag === "paired" || state.tag === "stranded";
    const record = unchanged ? before : recordOf(state, before);
    applied = { before, record, state, effects };
    return unchanged ? undefined : record;
  });
  return applied;
}

/** Ends a record of which not even the question is clear; an ended one is left as it is. */
export async function endDamaged(
  { home }: ClientContext,
  code: string,
): Promise<PendingPair | undefined> {
  let ended: PendingPair | undefined;
  await home.pendingPairs.update(code, (record) => {
    const read = pairOf(record);
    if (read.ok || record.status.startsWith("aborted")) return undefined;
    const secrets = { sas: null, our_slot_token: null, spake2_seed_b64: null, resume: undefined };
    ended = { ...record, ...secrets, status: "aborted", last_error: read.error };
    return ended;
  });
  return ended;
}

/**
 * Who drives a pairing: a terminal for as long as it lives, or the daemon for one step. Never
 * waited for by the daemon.
 * @throws {WireError} locked, naming the other
 */
export async function lockDriver(
  home: Home,
  code: string,
  options: { readonly owner: string; readonly deadlineMs: number },
): Promise<FileLock> {
  await home.ensureRoots();
  await home.platform.files.ensureDirectory(home.file.pairingLocks);
  const name = `${code.replace(/[^A-Za-z0-9-]/g, "_")}.driver.lock`;
  return await home.platform.files.lock(path.join(home.file.pairingLocks, name), options);
}

/**
 * The record of a pairing that is asked for: a new one, with its seed on the disk before anything is
 * sent, or the one that an earlier attempt left, which is gone on with.
 * @throws {WireError} conflict, if the code is in use here in another way
 */
export async function beginRecord(
  { home, platform: { clock, random } }: ClientContext,
  about: Omit<PairAbout, "createdAt">,
): Promise<PendingPair> {
  const found = await home.pendingPairs.read(about.code);
  const read = found === undefined ? undefined : pairOf(found);
  if (found !== undefined && read?.ok === true && isLive(read.state)) {
    const same = found.role === about.role && read.state.about.relayUrl === about.relayUrl;
    if (same) return found;
    throw new WireError(
      "conflict",
      `pairing ${about.code} is already under way on this home, as ${found.role} on ` +
        `${found.relay_url} (${found.status})`,
      { hint: `give it up with: wire pair-cancel ${about.code}` },
    );
  }
  if (found !== undefined) await home.pendingPairs.remove(about.code);
  const record = newRequest(about, {
    seed: toBase64(random.bytes(SEED_BYTES)),
    createdAt: clock.timestamp(),
  });
  await home.pendingPairs.create(record);
  return record;
}

const isLive = (state: PairState): boolean =>
  state.tag !== "aborted" && state.tag !== "aborted_restart" && state.tag !== "stranded";
