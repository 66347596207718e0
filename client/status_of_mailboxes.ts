/**
 * What `wire status` says of our mailboxes: who holds their tokens and what ends that, why an old one
 * is still read, which nicks name them, and whom we hear nothing from. From our own records: no relay
 * is asked. See docs/protocol/extensions.md, opening rule 3 and §2.
 */
import { z } from "zod";
import { displayHandle } from "../protocol/identity/did.ts";
import { shownRelay } from "../protocol/unix_relay.ts";
import type { EpochMs } from "../protocol/ids.ts";
import { compareCodePoints } from "../protocol/json/print.ts";
import type { RelayState } from "../protocol/schemas/relay_state.ts";
import { readBlocklist } from "../store/home/blocklist.ts";
import {
  type ClaimedNick,
  type ClaimedNicks,
  nicksNaming,
  readClaimedNicks,
} from "../store/home/claimed_nicks.ts";
import { inviteOf, readGrants, SlotClass } from "../store/home/grants.ts";
import type { Home } from "../store/home/home.ts";
import {
  type PreviousMailbox,
  previousMailboxes,
  READ_PREVIOUS_MS,
} from "../store/home/previous_mailboxes.ts";
import { readRelayFeatures } from "../store/home/relay_features.ts";
import { type Exposure, exposures, SHARED_COST } from "./grants/holders.ts";
import { mainMailbox, ownMailbox } from "./grants/own_mailboxes.ts";
import { addressOf, nicksDue, nicksLeftBehind } from "./nicks/reclaim.ts";

const TOKEN_COST = "every peer that holds its token can read this mailbox";
const OLD_COST = "whoever holds its token can read what still comes there";

export const MailboxesStatus = z.object({
  /** Ours, those that we moved out of too; who holds, or may hold, the token that reads them. */
  mailboxes: z.array(z.object({
    relay_url: z.string(),
    slot_id: z.string(),
    class: SlotClass,
    token_holders: z.array(z.string()),
    /** What a shared one costs. */
    cost: z.string().optional(),
    /** The command that ends that. */
    next: z.string().optional(),
    /** Of one that we moved out of: why it is still read. */
    read_because: z.array(z.string()).optional(),
  })),
  /** Addresses that strangers find us by. */
  nicks: z.array(z.object({
    address: z.string(),
    relay_url: z.string(),
    hidden: z.boolean(),
    /** `waiting`: it may name an old mailbox, and is claimed again; `left`: we moved to another relay. */
    status: z.enum(["claimed", "waiting", "left"]),
  })),
  blocked: z.array(z.object({ did: z.string(), handle: z.string(), note: z.string().optional() })),
  /** Tokens that were taken back, and whose relay has not said so yet. */
  revoking: z.array(z.object({
    /** A DID, or `invite`. */
    holder: z.string(),
    relay_url: z.string(),
    since: z.string(),
    reason: z.string(),
  })),
});
export type MailboxesStatus = z.output<typeof MailboxesStatus>;

/** @throws {WireError} unreadable, naming the file */
export async function statusOfMailboxes(home: Home): Promise<MailboxesStatus> {
  const [state, nicks, blocked, shown] = await Promise.all([
    home.readRelayState(),
    readClaimedNicks(home),
    readBlocklist(home),
    exposures(home),
  ]);
  const old = new Map(previousMailboxes(state).map((mailbox) => [mailbox.slotId, mailbox]));
  const mailboxes = shown.map(async (exposure) => {
    const previous = old.get(exposure.slotId);
    return {
      relay_url: shownRelay(exposure.relayUrl),
      slot_id: exposure.slotId,
      class: exposure.class,
      token_holders: [...exposure.tokenHolders],
      ...await costOf(home, exposure, { state, isOld: previous !== undefined }),
      ...(previous === undefined
        ? {}
        : { read_because: reasonsFor(previous, nicks, home.platform.clock.now()) }),
    };
  });
  return {
    mailboxes: await Promise.all(mailboxes),
    nicks: nicksOf(state, nicks),
    blocked: [...blocked.values()]
      .sort((a, b) => compareCodePoints(a.did, b.did))
      .map(({ did, note }) => ({
        did,
        handle: displayHandle(did),
        ...(note === undefined ? {} : { note }),
      })),
    revoking: await revoking(home, state),
  };
}

/** A relay that has announced grants can end what a plain one costs. */
async function costOf(
  home: Home,
  exposure: Exposure,
  { state, isOld }: { readonly state: RelayState; readonly isOld: boolean },
): Promise<{ cost?: string; next?: string }> {
  if (exposure.class === "owner") return {};
  if (isOld) return { cost: OLD_COST };
  const features = await readRelayFeatures(home, exposure.relayUrl);
  if (!features.includes("grants")) return { cost: SHARED_COST };
  const isMain = mainMailbox(state)?.slotId === exposure.slotId;
  return { cost: TOKEN_COST, ...(isMain ? { next: "wire rotate-slot --grants" } : {}) };
}

function reasonsFor(
  old: PreviousMailbox,
  nicks: ClaimedNicks,
  now: EpochMs,
): string[] {
  const { untold, movedAtMs } = old;
  const until = movedAtMs === undefined ? undefined : movedAtMs + READ_PREVIOUS_MS;
  const reasons = [
    ...(untold.length === 0 ? [] : [`not told yet where we are: ${untold.join(", ")}`]),
    ...nicksNaming(nicks, old).map((entry) => `${addressOf(entry)} names it, or may`),
    ...(until !== undefined && now < until
      ? [`peers that were away may post there until ${dayOf(until)}`]
      : []),
  ];
  if (reasons.length > 0) return reasons;
  return until === undefined
    ? ["relay.json does not say when we moved"]
    : ["not every peer has posted to the new one, or a relay has not confirmed its end"];
}

const dayOf = (ms: number): string =>
  Temporal.Instant.fromEpochMilliseconds(ms).toString().slice(0, "2026-01-01".length);

function nicksOf(state: RelayState, nicks: ClaimedNicks): MailboxesStatus["nicks"] {
  const [due, left] = [nicksDue(state, nicks), nicksLeftBehind(state, nicks)];
  const statusOf = (entry: ClaimedNick) => {
    if (left.includes(entry)) return "left";
    return due.includes(entry) ? "waiting" : "claimed";
  };
  return nicks.nicks.map((entry) => ({
    address: addressOf(entry),
    relay_url: entry.relay_url,
    hidden: entry.hidden,
    status: statusOf(entry),
  }));
}

async function revoking(home: Home, state: RelayState): Promise<MailboxesStatus["revoking"]> {
  const { grants } = await readGrants(home);
  return grants.flatMap((entry) => {
    const { revoke_since, holder, relay_url, slot_id } = entry;
    if (revoke_since === undefined) return [];
    const isOurs = ownMailbox(state, { relayUrl: relay_url, slotId: slot_id }) !== undefined;
    return [{
      holder: inviteOf(entry) === undefined ? holder : "invite",
      relay_url,
      since: revoke_since,
      reason: isOurs
        ? "its relay has not confirmed it yet"
        : "relay.json does not name the mailbox any more",
    }];
  });
}
