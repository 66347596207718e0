/**
 * The end of a mailbox that we moved out of: given up once every peer posts to the new one, and one of
 * class owner closed at its relay, so that no mail is stored where nobody reads.
 * See docs/protocol/extensions.md §2.
 */
import { agentOf } from "../../protocol/trust/trust.ts";
import { readBlocklist } from "../../store/home/blocklist.ts";
import {
  classOf,
  grantsOn,
  type OwnSlot,
  readGrants,
  updateGrants,
  withoutGrants,
  withOwed,
} from "../../store/home/grants.ts";
import type { PreviousMailbox } from "../../store/home/previous_mailboxes.ts";
import { peersToTell } from "../announce_move.ts";
import type { ClientContext } from "../context.ts";
import { whoUsed } from "./holders.ts";
import { mayPass } from "./may_pass.ts";
import { ASKING_MS } from "./mint.ts";
import { mainMailbox } from "./own_mailboxes.ts";
import { revokeWhere } from "./revoke.ts";

/** Whether our record says that its token is ours alone. @throws {WireError} unreadable */
export const isOwned = async ({ home }: ClientContext, slot: OwnSlot): Promise<boolean> =>
  classOf(await readGrants(home), slot) === "owner";

/**
 * Whether everybody who was told, or who holds a grant of the old mailbox, posts to the new one.
 * @returns false, too, if that cannot be known now
 * @throws {WireError} unreadable, locked, write_failed
 */
export async function isEverybodyAcross(
  context: ClientContext,
  old: PreviousMailbox,
): Promise<boolean> {
  const { home } = context;
  const [state, trust, blocked, grants] = await Promise.all([
    home.readRelayState(),
    home.readTrust(),
    readBlocklist(home),
    readGrants(home),
  ]);
  const main = mainMailbox(state);
  // Without grants nobody knows who has moved: the time has to do.
  if (main === undefined || classOf(grants, main) !== "owner") return true;
  const holders = new Set(
    [old, main].flatMap((slot) => grantsOn(grants, slot)).map(({ holder }) => holder),
  );
  const dids = peersToTell(trust, blocked)
    .map((handle) => agentOf(trust, handle)?.did ?? "")
    .filter((did) => holders.has(did));
  if (dids.length === 0) return true;
  try {
    const used = await whoUsed(context, main);
    return dids.every((did) => used.has(did));
  } catch (error) {
    if (!mayPass(error)) throw error;
    return false;
  }
}

/**
 * Revokes all grants of the old mailbox.
 * @returns whether its relay has confirmed that nobody else can post there
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function isTakenBack(context: ClientContext, old: PreviousMailbox): Promise<boolean> {
  const { waiting } = await revokeWhere(
    context,
    (entry) => entry.relay_url === old.relayUrl && entry.slot_id === old.slotId,
  );
  return waiting === 0;
}

/** Retires it. @returns whether its relay has said that it is closed */
export async function isRetired(context: ClientContext, old: PreviousMailbox): Promise<boolean> {
  const signal = context.platform.clock.timeout(ASKING_MS);
  try {
    await context.relay(old.relayUrl).grants.retire({ ...old, signal });
    return true;
  } catch (error) {
    if (!mayPass(error)) throw error;
    return false; // asked again
  }
}

/** Whatever its relay has closed, nobody can use: no revocation is waiting there. */
export async function forgetGrants({ home }: ClientContext, old: PreviousMailbox): Promise<void> {
  await updateGrants(home, "wire, a closed mailbox", (grants) => {
    const entries = grantsOn(grants, old);
    const untold = entries.flatMap(({ acceptors = [] }) => acceptors.filter(({ told }) => !told));
    const labels = new Set(entries.map(({ label }) => label));
    return withOwed(withoutGrants(grants, labels), untold);
  });
}
