/** What happens to a pairing of the form pair/2, and what it asks its driver to do. */
import type { KeyPair } from "../identity/keys.ts";
import type { Did, EpochMs } from "../ids.ts";
import type { SasProof } from "../pairing/pending_pair.ts";
import type { TrustStore } from "../trust/trust.ts";
import type { Bootstrap2, Endpoint2, Route2 } from "./card.ts";
import type { Meeting2, Secrets2 } from "./state.ts";

export const PHASES = ["commit", "pake", "confirm", "card", "done"] as const;
export type Phase = typeof PHASES[number];

export const isPhase = (text: string): text is Phase => PHASES.some((phase) => phase === text);

/** Who we are, and whom we have pinned. */
export interface Self2 {
  readonly keys: KeyPair;
  readonly did: Did;
  readonly trust: TrustStore;
}

/** What `GET /v1/pair2/:pair_id` says. */
export interface Look {
  readonly joined: boolean;
  readonly expiresAt: EpochMs;
  /** The peer's phases, base64. */
  readonly peer: Readonly<Partial<Record<Phase, string>>>;
  readonly closed: "done" | "abandoned" | "expired" | null;
}

export type Pair2Event =
  | { readonly tag: "tick"; readonly now: EpochMs }
  | { readonly tag: "claimed"; readonly meeting: Meeting2 }
  /** With fresh secrets. */
  | { readonly tag: "reopened"; readonly meeting: Meeting2; readonly secrets: Secrets2 }
  | { readonly tag: "put"; readonly phase: Phase; readonly now: EpochMs }
  /** 410 or 409: the relay takes nothing more of us. */
  | { readonly tag: "putRefused"; readonly phase: Phase; readonly error: string }
  | { readonly tag: "looked"; readonly look: Look; readonly now: EpochMs }
  | { readonly tag: "digitsTyped"; readonly digits: string; readonly proof: SasProof }
  /** Accepted without typing: `y` through a pipe, or `--yes`. */
  | { readonly tag: "accepted" }
  | { readonly tag: "declined" }
  | { readonly tag: "cancelled" }
  | { readonly tag: "offerMade"; readonly offer: Bootstrap2 }
  /** 200 from the peer's `state` with its grant. */
  | { readonly tag: "reached" }
  | { readonly tag: "mailed" }
  /** A verified event of that key (hex) came through our mailbox after the card was held. */
  | { readonly tag: "heard"; readonly peerKey: string }
  | { readonly tag: "trusted" }
  /** What repeating cannot mend, an unknown pair_id (404) included. */
  | { readonly tag: "failed"; readonly error: string }
  | { readonly tag: "closed" }
  | { readonly tag: "revoked" };

export type Notice2 = "digits" | "reopened" | "waiting_for_other_side" | "verified" | "ended";

/** Each may be repeated; most are answered by an event of the name in brackets. */
export type Pair2Effect =
  /** `POST /v1/pair2`, for a guest with the nameplate (claimed, failed). */
  | { readonly tag: "claim" }
  /** `POST /v1/pair2/:pair_id/reopen` and fresh secrets (reopened, failed). */
  | { readonly tag: "reopen" }
  /** (put, putRefused, failed) */
  | { readonly tag: "put"; readonly phase: Phase; /** Base64. */ readonly body: string }
  /** (looked, failed) */
  | { readonly tag: "look" }
  /** Mint a grant for the peer; its card and our mailbox make the offer (offerMade). */
  | { readonly tag: "makeOffer" }
  /** Ask for the state of the peer's mailbox with its grant (reached). */
  | { readonly tag: "reach"; readonly mailbox: Route2 }
  /** Queue a `heartbeat` with `{"t":"pair2_done","th":…}` (mailed). */
  | { readonly tag: "heartbeat"; readonly mailbox: Route2; /** Hex. */ readonly th: string }
  /** Write pin and route where every program sees them (trusted, failed). */
  | {
    readonly tag: "trust";
    /** JSON text; to be admitted once more, since it comes from a file. */
    readonly card: string;
    readonly mailbox: Route2;
    readonly endpoints: readonly Endpoint2[];
    readonly proof: SasProof;
  }
  /** `DELETE /v1/pair2/:pair_id` (closed). */
  | { readonly tag: "close"; readonly pairId: string; readonly sideToken: string }
  /** Take the peer's grant back (revoked). */
  | { readonly tag: "revoke" }
  | { readonly tag: "notify"; readonly notice: Notice2 };
