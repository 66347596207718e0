/**
 * How an operation reaches the operator, where an agent must not decide alone. Whoever has the guard
 * fills it in; without one the gates of 0.5.19 hold as they are.
 * See docs/protocol/mcp.md §8 and docs/protocol/extensions.md §11.
 */

/** What only the operator may do. The names are those of the guard's asks. */
export type ConsentOp = "sas_confirm" | "pair_accept" | "trust_change";

export interface ConsentAsk {
  readonly op: ConsentOp;
  /** What is asked for, for the operator's eyes: never a secret, never digits. */
  readonly subject: Readonly<Record<string, string>>;
}

/** It waits for the operator: nothing has happened. */
export interface Held {
  readonly status: "held";
  readonly ask_id: string;
  readonly op: ConsentOp;
  /** RFC 3339. */
  readonly expires_at: string;
  /** The command with which the operator decides. */
  readonly how: string;
}

export type Consented =
  /** Nobody has to be asked: open posture. What follows is recorded as unproved. */
  | { readonly tag: "open" }
  /**
   * The operator's own proof was given for exactly this; for `sas_confirm` with the six digits that the
   * operator typed there, and no others count.
   */
  | { readonly tag: "proved"; readonly digits?: string }
  | { readonly tag: "held"; readonly held: Held };

export interface Consent {
  /** Asks, or looks up what was answered to the same ask. @throws {WireError} refused, unreadable */
  ask(ask: ConsentAsk, signal: AbortSignal): Promise<Consented>;
}

/** A home without an operator key. */
export const OPEN_CONSENT: Consent = {
  ask: () => Promise.resolve({ tag: "open" }),
};
