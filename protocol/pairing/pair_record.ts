/**
 * Pending files to states of the machine and back. A file may come from 0.5.19, which writes less,
 * or from anybody's editor. See docs/protocol/pairing.md §11.1 and §11.6.
 */
import { isPairId, isSlotId, isSlotToken, parseRelayUrl } from "../ids.ts";
import type { EpochMs } from "../ids.ts";
import { codeHash, parseCodePhrase } from "./code_phrase.ts";
import { WireError } from "../errors.ts";
import { isSeed } from "./exchange.ts";
import type { PairAbout, PairMeeting, PairState } from "./pair_state.ts";
import type { PairRole, PairStatus, PendingPair } from "./pending_pair.ts";
import { isSasDigits } from "./sas.ts";

export type ReadPair =
  | { readonly ok: true; readonly state: PairState }
  /** Not even the question is clear: nothing can be asked of a relay. */
  | { readonly ok: false; readonly error: string };

const LOST =
  "daemon restarted mid-handshake; SPAKE2 state could not be restored. Re-issue with a fresh code phrase.";

export function pairOf(record: PendingPair): ReadPair {
  const about = aboutOf(record);
  if (typeof about === "string") return { ok: false, error: `pending file is damaged: ${about}` };
  return { ok: true, state: stateOf(record, about) };
}

/** @returns the name of the member that does not fit, or what the record is about */
function aboutOf(record: PendingPair): PairAbout | string {
  const relayUrl = parseRelayUrl(record.relay_url);
  if (relayUrl === undefined) return "relay_url";
  const createdAt = epochMs(record.created_at);
  if (createdAt === undefined) return "created_at";
  try {
    const code = parseCodePhrase(record.code);
    if (code !== record.code) return "code";
    if (codeHash(code) !== record.code_hash) return "code_hash";
    return { code, codeHash: codeHash(code), role: record.role, relayUrl, createdAt };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return "code";
  }
}

function stateOf(record: PendingPair, about: PairAbout): PairState {
  const { status, resume = {} } = record;
  switch (status) {
    case "request_host":
    case "request_guest": {
      const seed = record.spake2_seed_b64;
      return { tag: "requested", about, ...(isSeed(seed) ? { seed } : {}) };
    }
    case "aborted":
    case "aborted_restart": {
      const abandonDue = resume.abandon_due === true;
      return { tag: status, about, error: record.last_error ?? "", abandonDue };
    }
    case "polling":
    case "sas_ready":
    case "confirmed":
      return opened(record, status, about);
  }
}

function opened(
  record: PendingPair,
  status: "polling" | "sas_ready" | "confirmed",
  about: PairAbout,
): PairState {
  const meeting = meetingOf(record);
  if (meeting === undefined) return { tag: "stranded", about, error: LOST };
  if (status === "polling") return { tag: "polling", about, ...meeting };
  const { sas, resume = {} } = record;
  if (!isSasDigits(sas)) {
    return { tag: "stranded", about, error: `status=${status} but sas missing` };
  }
  const ready = { about, ...meeting, peerMsg: resume.peer_msg, sas };
  if (status === "sas_ready") return { tag: "sas_ready", ...ready };
  const { sealed, published = false, confirmed_at, sas_proof = "unproved" } = resume;
  return {
    tag: "confirmed",
    ...ready,
    confirmedAt: confirmed_at === undefined ? undefined : epochMs(confirmed_at),
    proof: sas_proof,
    ...(sealed === undefined ? {} : { sealed }),
    published: published && sealed !== undefined,
    ...(record.peer_did === null ? {} : { peerDid: record.peer_did }),
  };
}

function meetingOf(record: PendingPair): PairMeeting | undefined {
  const { pair_id: pairId, our_slot_id, our_slot_token, spake2_seed_b64: seed } = record;
  if (!isPairId(pairId) || !isSeed(seed)) return undefined;
  // Only kept for 0.5.19: our bootstrap names the mailbox that we have when it is sealed.
  const slotId = isSlotId(our_slot_id) ? our_slot_id : "";
  const slotToken = isSlotToken(our_slot_token) ? our_slot_token : "";
  return { pairId, seed, slotId, slotToken };
}

function epochMs(text: string): EpochMs | undefined {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    // A RangeError says that it is no time.
    return undefined;
  }
}

const requestStatus = (role: PairRole): PairStatus =>
  role === "host" ? "request_host" : "request_guest";

/**
 * The record of a state that has one. What ended keeps no secret and no digits.
 * @param old the record as it was read: its texts for code and time are kept as they are
 */
export function recordOf(
  state: Exclude<PairState, { tag: "paired" | "stranded" }>,
  old: PendingPair,
): PendingPair {
  const blank: PendingPair = {
    ...old,
    sas: null,
    peer_did: null,
    last_error: null,
    our_slot_id: null,
    our_slot_token: null,
    spake2_seed_b64: null,
    resume: undefined,
  };
  switch (state.tag) {
    case "requested":
      return {
        ...blank,
        status: requestStatus(state.about.role),
        spake2_seed_b64: state.seed ?? null,
      };
    case "polling":
      return { ...blank, status: "polling", ...meetingMembers(state) };
    case "sas_ready":
      return {
        ...blank,
        status: "sas_ready",
        ...meetingMembers(state),
        sas: state.sas,
        resume: { peer_msg: state.peerMsg },
      };
    case "confirmed":
      return {
        ...blank,
        status: "confirmed",
        ...meetingMembers(state),
        sas: state.sas,
        peer_did: state.peerDid ?? null,
        resume: {
          peer_msg: state.peerMsg,
          confirmed_at: rfc3339(state.confirmedAt),
          sas_proof: state.proof,
          sealed: state.sealed,
          published: state.published,
        },
      };
    case "aborted":
    case "aborted_restart":
      return {
        ...blank,
        status: state.tag,
        last_error: state.error,
        resume: state.abandonDue ? { abandon_due: true } : undefined,
      };
  }
}

const meetingMembers = (meeting: PairMeeting) => ({
  pair_id: meeting.pairId,
  our_slot_id: meeting.slotId === "" ? null : meeting.slotId,
  our_slot_token: meeting.slotToken === "" ? null : meeting.slotToken,
  spake2_seed_b64: meeting.seed,
});

const rfc3339 = (at: EpochMs | undefined): string | undefined =>
  at === undefined ? undefined : Temporal.Instant.fromEpochMilliseconds(at).toString();

/** A fresh request. The seed is in it from the start: docs/protocol/extensions.md §14 ruling 13. */
export function newRequest(
  about: Omit<PairAbout, "createdAt">,
  { seed, createdAt }: { readonly seed: string; /** RFC 3339. */ readonly createdAt: string },
): PendingPair {
  return {
    code: about.code,
    code_hash: about.codeHash,
    role: about.role,
    relay_url: about.relayUrl,
    status: requestStatus(about.role),
    sas: null,
    peer_did: null,
    created_at: createdAt,
    last_error: null,
    pair_id: null,
    our_slot_id: null,
    our_slot_token: null,
    spake2_seed_b64: seed,
  };
}
