/**
 * What a pairing in a terminal tells while it goes on, and how it ends. Everything with `progress`
 * is for people, on stderr; the result is the one line on stdout.
 * See docs/protocol/cli.md §3.7 and §6.2.
 */
import { z } from "zod";
import { PairForm } from "./pair_listing.ts";
import { SAS_PROOFS } from "../../protocol/pairing/pending_pair.ts";

const meeting = {
  code_phrase: z.string(),
  relay_url: z.string(),
  /** RFC 3339: when this side stops waiting for the other to come. */
  expires_at: z.string(),
  form: PairForm,
};

export const PairProgress = z.discriminatedUnion("progress", [
  /** The code to read out to the peer. */
  z.object({ progress: z.literal("hosting"), ...meeting }),
  z.object({ progress: z.literal("joining"), ...meeting }),
  z.object({
    progress: z.literal("waiting"),
    /**
     * `relay`: it asks for patience before it gives us a place; `finish`: the peer is held, and has
     * not said yet that it holds us.
     */
    waiting_for: z.enum(["relay", "message", "bootstrap", "finish"]),
    elapsed_s: z.number(),
    timeout_s: z.number(),
    /** What went wrong in the last attempt; it is tried again. */
    problem: z.string().nullable(),
  }),
  z.object({
    progress: z.literal("digits"),
    code_phrase: z.string(),
    /** `ddd-ddd`. */
    sas: z.string(),
  }),
  /** Somebody came and did not go on: the same code is open once more (pair/2). */
  z.object({ progress: z.literal("reopened"), times: z.number() }),
  /** A line of standard input is read now: the digits of the peer's screen, or `y`. */
  z.object({ progress: z.literal("confirm"), wants: z.enum(["digits", "yes"]) }),
  /** The question is over without an answer: the pairing went on, or ended, elsewhere. */
  z.object({ progress: z.literal("unanswered") }),
  /** What was typed does not count; another line is read. */
  z.object({ progress: z.literal("again"), why: z.string() }),
  z.object({ progress: z.literal("confirmed"), sas_proof: z.enum(SAS_PROOFS) }),
  z.object({
    progress: z.literal("paired"),
    paired_with: z.string(),
    peer_role: z.enum(["host", "guest"]),
    tier: z.string(),
    /** The file that now holds the peer's mailbox. */
    saved_to: z.string(),
    /** Whether that mailbox has just answered to the token that we were given. */
    reachable: z.boolean(),
    /** Equal on both screens unless somebody sits in the middle. */
    identity_check: z.string(),
    /** Whether what is sent now leaves by itself. */
    daemon_running: z.boolean(),
  }),
  /** The pairing is over on this side. */
  z.object({
    progress: z.literal("given_up"),
    why: z.string(),
    /** Whether the other side sees it at once, instead of at its own timeout. */
    relay_told: z.boolean(),
  }),
]);
export type PairProgress = z.output<typeof PairProgress>;

export const PairResult = z.object({
  paired_with: z.string(),
  peer_handle: z.string(),
  peer_relay_url: z.string(),
  peer_slot_id: z.string(),
  /** `ddd-ddd`. */
  sas: z.string(),
  identity_check: z.string(),
  form: PairForm,
});
export type PairResult = z.output<typeof PairResult>;

/** `--detach`. */
export const PairQueued = z.object({
  code_phrase: z.string(),
  daemon_spawned: z.boolean(),
  /** RFC 3339: when the pairing ends if both sides have not finished. */
  expires_at: z.string(),
  relay_url: z.string(),
  role: z.enum(["host", "guest"]),
  state: z.literal("queued"),
  form: PairForm,
});
export type PairQueued = z.output<typeof PairQueued>;

export const PairOutput = z.union([PairProgress, PairResult, PairQueued]);
export type PairOutput = z.output<typeof PairOutput>;
