/** What happens to a pairing, and what it asks its driver to do. */
import type { AdmittedCard } from "../identity/card.ts";
import type { Did, EpochMs, PairId } from "../ids.ts";
import type { MailboxRoute } from "./bootstrap.ts";
import type { SasProof } from "./pending_pair.ts";

export type PairEvent =
  | { readonly tag: "tick"; readonly now: EpochMs }
  /** A fresh seed, base64, for a request that came without. */
  | { readonly tag: "seedDrawn"; readonly seed: string }
  | {
    readonly tag: "opened";
    readonly pairId: PairId;
    readonly slotId: string;
    readonly slotToken: string;
  }
  /** 409 at opening: somebody else holds this role. Theirs is not ours to abandon. */
  | { readonly tag: "roleTaken"; readonly error: string }
  | { readonly tag: "peerJoined"; readonly peerMsg: string; readonly sas: string }
  | {
    readonly tag: "digitsTyped";
    readonly digits: string;
    readonly proof: SasProof;
    readonly now: EpochMs;
  }
  /** Accepted without typing: `y` through a pipe, or `--yes`. */
  | { readonly tag: "accepted"; readonly now: EpochMs }
  | { readonly tag: "declined"; readonly error: string }
  | { readonly tag: "cancelled" }
  | { readonly tag: "sealed"; readonly sealed: string }
  | { readonly tag: "published" }
  | { readonly tag: "peerOpened"; readonly card: AdmittedCard; readonly mailbox: MailboxRoute }
  | { readonly tag: "pinned"; readonly peerDid: Did }
  /** 404: expired at the relay, or the other side gave up. */
  | { readonly tag: "gone"; readonly error: string }
  /** What repeating cannot mend. */
  | { readonly tag: "failed"; readonly error: string }
  | { readonly tag: "abandoned" };

export type PairNotice = "digits" | "paired" | "aborted" | "restart";

/** Each may be repeated; most are answered by an event. */
export type PairEffect =
  /** Draw 32 random bytes → seedDrawn. */
  | { readonly tag: "drawSeed" }
  /** Make sure of a mailbox, `POST /v1/pair` → opened, roleTaken, failed. */
  | { readonly tag: "open" }
  /** `GET /v1/pair/<id>` → peerJoined, peerOpened, gone, failed, or nothing new. */
  | { readonly tag: "look" }
  /** Seal our bootstrap → sealed. */
  | { readonly tag: "seal" }
  /** `POST /v1/pair/<id>/bootstrap` → published, gone. */
  | { readonly tag: "publish"; readonly sealed: string }
  /** Route and pin → pinned, failed. */
  | {
    readonly tag: "pin";
    readonly card: AdmittedCard;
    readonly mailbox: MailboxRoute;
    readonly proof: SasProof;
  }
  /** `POST /v1/pair/abandon` → abandoned. */
  | { readonly tag: "abandon" }
  /** Delete the record. */
  | { readonly tag: "forget" }
  | { readonly tag: "notify"; readonly notice: PairNotice };
