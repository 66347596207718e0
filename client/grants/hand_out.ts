/**
 * What of a mailbox of ours a peer may be given: on a slot of class owner a grant of its own, on a
 * shared one the slot's token, as 0.5.19 does. See docs/protocol/extensions.md §2.
 */
import type { InviteNonce } from "../../protocol/invite/invite_record.ts";
import { shownRelay } from "../../protocol/unix_relay.ts";
import { visible } from "../../protocol/text/visible.ts";
import { inviteHolder } from "../../store/home/grants.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { errorText } from "../sync/error_text.ts";
import { isOutside } from "../sync/outside_error.ts";
import { mint, type Wanted } from "./mint.ts";
import { slotClass } from "./slot_class.ts";

export { type Revocation, revokeFor } from "./revoke.ts";

/** Whom it is for. */
export interface Grantee {
  readonly did: string;
}

/**
 * The route of ours that may be given to that peer; the same one whenever it is asked for, until
 * {@linkcode revokeFor}.
 * @param mailbox ours, with our own token; other members of it come back unchanged
 * @throws {WireError} whatever kept us from getting it: the step waits, and nothing else is given
 */
export function handOut<Mailbox extends NewMailbox>(
  context: ClientContext,
  { did }: Grantee,
  mailbox: Mailbox,
): Promise<Mailbox> {
  return give(context, mailbox, { holder: did });
}

/**
 * For `endpoints`, in their order. Without the first nothing is given; of the others those are left
 * out whose relay gives no grant now, which is told on stderr.
 * @throws {WireError} as {@linkcode handOut}
 */
export async function handOutAll<Mailbox extends NewMailbox>(
  context: ClientContext,
  peer: Grantee,
  mailboxes: readonly Mailbox[],
): Promise<readonly Mailbox[]> {
  const given: Mailbox[] = [];
  for (const [index, mailbox] of mailboxes.entries()) {
    try {
      given.push(await handOut(context, peer, mailbox));
    } catch (error) {
      if (index === 0 || !isOutside(error)) throw error;
      const why = visible(errorText(error), { maxLength: 300 });
      context.warn(
        `the mailbox on ${shownRelay(mailbox.relayUrl)} is not told to the peer: ${why}`,
      );
    }
  }
  return given;
}

export interface InviteTerms {
  readonly nonce: InviteNonce;
  /** Unix seconds. */
  readonly exp: number;
  readonly uses: number;
}

const DAY_MS = 86_400_000;

/** As {@linkcode handOut}, for whoever reads the invite: less, and not for long. */
export function handOutInvite<Mailbox extends NewMailbox>(
  context: ClientContext,
  { nonce, exp, uses }: InviteTerms,
  mailbox: Mailbox,
): Promise<Mailbox> {
  const end = Temporal.Instant.fromEpochMilliseconds(exp * 1000 + DAY_MS);
  return give(context, mailbox, {
    holder: inviteHolder(nonce),
    limits: {
      max_event_bytes: 64 * 1024,
      max_events_per_hour: 20 * Math.max(uses, 1),
      max_bytes: 1024 * 1024,
      expires_at: end.toString(),
    },
  });
}

async function give<Mailbox extends NewMailbox>(
  context: ClientContext,
  mailbox: Mailbox,
  wanted: Wanted,
): Promise<Mailbox> {
  if (await slotClass(context, mailbox) === "shared") return mailbox;
  return { ...mailbox, slotToken: await mint(context, mailbox, wanted) };
}
