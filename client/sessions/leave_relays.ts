/**
 * A session that goes gives its nicks back and closes its mailboxes, at relays that can: from then on whoever
 * writes there learns that nobody reads. What no relay has confirmed is left behind, with the reason. Again is
 * the same. See docs/protocol/extensions.md §2.
 */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { visible } from "../../protocol/text/visible.ts";
import { type ClaimedNick, readClaimedNicks } from "../../store/home/claimed_nicks.ts";
import type { Home } from "../../store/home/home.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { Session } from "../../store/sessions/sessions.ts";
import type { ClientContext } from "../context.ts";
import { unclaimNick } from "../directory_client.ts";
import { ownMailboxes } from "../grants/own_mailboxes.ts";
import { otherHomes } from "./other_homes.ts";
import { readable } from "./left_behind.ts";
import { errorText } from "../sync/error_text.ts";
import { isOutside } from "../sync/outside_error.ts";

/** For all that one relay is asked; relays are asked beside each other. */
const ASKING_MS = 10_000;
const MAX_WHY = 200;

export interface LeftMailbox {
  readonly mailbox: NewMailbox;
  /** Why it is still open, for a person. */
  readonly why: string;
}

export interface Leaving {
  /** The relay has said so of each. */
  readonly closed: readonly NewMailbox[];
  readonly left: readonly LeftMailbox[];
  readonly released: readonly ClaimedNick[];
  readonly kept: readonly ClaimedNick[];
}

/** As far as the session's files can be read. @throws {WireError} unreadable, of the sessions' root */
export async function leaveRelays(
  context: ClientContext,
  { home }: Session,
): Promise<Leaving> {
  const { mailboxes, nicks } = await placesOf(home);
  if (mailboxes.length === 0) return { closed: [], left: [], released: [], kept: nicks };
  const taken = await alsoElsewhere(home);
  const relays = [...new Set(mailboxes.map(({ relayUrl }) => relayUrl))];
  const parts = await Promise.all(relays.map((relay) =>
    leaveRelay(context, relay, {
      mailboxes: mailboxes.filter(({ relayUrl }) => relayUrl === relay),
      nicks: nicks.filter(({ relay_url }) => relay_url === relay),
      taken,
    })
  ));
  const known = new Set<string>(relays);
  return {
    closed: parts.flatMap(({ closed }) => closed),
    left: parts.flatMap(({ left }) => left),
    released: parts.flatMap(({ released }) => released),
    kept: [
      ...parts.flatMap(({ kept }) => kept),
      ...nicks.filter(({ relay_url }) => !known.has(relay_url)),
    ],
  };
}

/** Nobody is asked. */
export async function stayOnRelays({ home }: Session, why: string): Promise<Leaving> {
  const { mailboxes, nicks } = await placesOf(home);
  return {
    closed: [],
    left: mailboxes.map((mailbox) => ({ mailbox, why })),
    released: [],
    kept: nicks,
  };
}

interface Places {
  readonly mailboxes: readonly NewMailbox[];
  readonly nicks: readonly ClaimedNick[];
}

async function placesOf(home: Home): Promise<Places> {
  const [state, claimed] = await Promise.all([
    readable(home.readRelayState()),
    readable(readClaimedNicks(home)),
  ]);
  return {
    mailboxes: state === undefined ? [] : ownMailboxes(state),
    nicks: claimed?.nicks ?? [],
  };
}

/** A copy of the session goes on with its mailboxes: by slot, who else has it. */
async function alsoElsewhere(home: Home): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { directory, home: other } of await otherHomes(home)) {
    const { mailboxes } = await placesOf(other);
    const where = directory ?? other.paths.configRoot;
    for (const { slotId } of mailboxes) found.set(slotId, where);
  }
  return found;
}

async function leaveRelay(
  context: ClientContext,
  relay: RelayUrl,
  { mailboxes, nicks, taken }: Places & { readonly taken: ReadonlyMap<string, string> },
): Promise<Leaving> {
  const signal = context.platform.clock.timeout(ASKING_MS);
  const client = context.relay(relay);
  const problem = await said(signal, async () => {
    const { features } = await client.health(signal);
    if (features?.includes("grants") === true) return;
    throw new WireError("relay_status", "its relay cannot close mailboxes, as that of 0.5.19");
  });
  const closed: NewMailbox[] = [];
  const left: LeftMailbox[] = [];
  const released: ClaimedNick[] = [];
  for (const mailbox of mailboxes) {
    const owner = taken.get(mailbox.slotId);
    const why = owner === undefined ? problem : `${owner} has the same one`;
    if (why !== undefined) {
      left.push({ mailbox, why });
      continue;
    }
    // The nick first: its token is that of the mailbox it names.
    for (const nick of nicks.filter(({ slot_id }) => slot_id === mailbox.slotId)) {
      const refused = await said(signal, () => unclaimNick(context, nick.nick, mailbox, signal));
      if (refused === undefined) released.push(nick);
    }
    const refused = await said(signal, () => client.grants.retire({ ...mailbox, signal }));
    if (refused === undefined) closed.push(mailbox);
    else left.push({ mailbox, why: refused });
  }
  return { closed, left, released, kept: nicks.filter((nick) => !released.includes(nick)) };
}

/** @returns why it was not done, in words; undefined when the relay has said that it is */
async function said(signal: AbortSignal, ask: () => Promise<void>): Promise<string | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    if (signal.aborted) return `no answer within ${ASKING_MS / 1_000} s`;
    if (!isOutside(error)) throw error;
    return visible(errorText(error), { maxLength: MAX_WHY });
  }
}
