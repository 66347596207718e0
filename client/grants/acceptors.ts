/**
 * Peers that are to be told of our mailbox, each with a grant of its own: whoever used an invite of
 * ours, in the place of the invite's grant, and whose request we answer without asking anybody. Noted
 * when the request is taken, told when there is a grant to tell of.
 * See docs/protocol/extensions.md §2.
 */
import { ACK } from "../../protocol/drop/drop.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import type { InviteNonce } from "../../protocol/invite/invite_record.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { printJson } from "../../protocol/json/print.ts";
import { member, stringMember } from "../../protocol/json/value.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import { isSelf } from "../../protocol/trust/trust.ts";
import { readBlocklist } from "../../store/home/blocklist.ts";
import {
  type Acceptor,
  classOf,
  type GrantEntry,
  inviteHolder,
  isLater,
  readGrants,
  updateGrants,
  withChanged,
  withOwed,
} from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import type { ClientContext } from "../context.ts";
import { ackFor } from "./ack_event.ts";
import { mayPass } from "./may_pass.ts";
import { mainMailbox } from "./own_mailboxes.ts";

const OWNER = "wire, an invite";

/**
 * A request that an invite admitted. The same one again changes nothing; a later one of the same
 * peer has it told once more, since accepting again takes the invite's token. One whose invite's
 * grant is gone already is told, too; on a shared mailbox there is nothing to tell.
 * @param at RFC 3339, the sender's time
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function noteAcceptor(
  home: Home,
  nonce: InviteNonce,
  { did, at }: { readonly did: string; readonly at: string },
): Promise<void> {
  const holder = inviteHolder(nonce);
  const record = await readGrants(home);
  if (!record.grants.some((entry) => entry.holder === holder && entry.revoke_since === undefined)) {
    const main = mainMailbox(await home.readRelayState());
    if (main !== undefined && classOf(record, main) === "owner") await oweAck(home, { did, at });
    return;
  }
  const noted: Acceptor = { did, at, noted_at: home.platform.clock.timestamp(), told: false };
  await updateGrants(home, OWNER, (grants) =>
    withChanged(grants, (entry) => {
      const { acceptors = [] } = entry;
      const old = acceptors.find((acceptor) => acceptor.did === did);
      if (entry.holder !== holder || (old !== undefined && !isLater(at, old.at))) return entry;
      const others = acceptors.filter((acceptor) => acceptor !== old);
      return { ...entry, acceptors: [...others, noted] };
    }));
}

/**
 * A request of a pinned peer that is answered without asking anybody: the answer is due from now on.
 * The same again changes nothing.
 * @param at RFC 3339, the sender's time
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function oweAck(
  home: Home,
  { did, at }: { readonly did: string; readonly at: string },
): Promise<void> {
  const noted: Acceptor = { did, at, noted_at: home.platform.clock.timestamp(), told: false };
  await updateGrants(home, OWNER, (grants) => withOwed(grants, [noted]));
}

/** By DID: the handle of each peer that our mailbox is for. */
export async function entitledPeers(home: Home): Promise<ReadonlyMap<string, Handle>> {
  const [trust, blocked] = await Promise.all([home.readTrust(), readBlocklist(home)]);
  const entitled = [...trust.agents.values()].flatMap((agent): [string, Handle][] => {
    const { did, handle, tier } = agent;
    const isVerified = tier === "VERIFIED" || tier === "TRUSTED";
    return isVerified && !isSelf(agent) && !blocked.has(did) && isHandle(handle)
      ? [[did, handle]]
      : [];
  });
  return new Map(entitled);
}

/**
 * Queues an ack with its own grant for each that was noted and not told. One that is not pinned any
 * more, or blocked, is passed over.
 * @param onQueued told each peer whose outbox holds an ack now
 * @returns whether nobody is left
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function tellAcceptors(
  context: ClientContext,
  identity: Identity,
  onQueued: (peer: Handle) => unknown,
): Promise<boolean> {
  const { home } = context;
  const { grants, owed } = await readGrants(home);
  const untold = [
    ...owed.map((acceptor) => ({ label: undefined, acceptor })),
    ...grants.flatMap(({ label, acceptors = [] }) =>
      acceptors.filter(({ told }) => !told).map((acceptor) => ({ label, acceptor }))
    ),
  ];
  if (untold.length === 0) return true;
  const entitled = await entitledPeers(home);
  let isComplete = true;
  for (const { label, acceptor } of untold) {
    const handle = entitled.get(acceptor.did);
    try {
      if (handle !== undefined) await queueAck(context, identity, { handle, acceptor });
      await markTold(home, label, acceptor);
      if (handle !== undefined) onQueued(handle);
    } catch (error) {
      if (!mayPass(error)) throw error;
      isComplete = false; // it stays in the record, and is tried again
    }
  }
  return isComplete;
}

async function queueAck(
  context: ClientContext,
  identity: Identity,
  { handle, acceptor }: { readonly handle: Handle; readonly acceptor: Acceptor },
): Promise<void> {
  const { home: { platform: { files, clock }, paths: { stateRoot } } } = context;
  const ack = await ackFor(context, identity, acceptor.did);
  const body = bodyOf(ack);
  await new Outbox({ files, stateRoot }).enqueue(handle, ack, {
    sinceMs: instantMs(acceptor.noted_at) ?? clock.now(),
    isRepeat: (earlier) =>
      stringMember(earlier.value, "type") === ACK.type && bodyOf(earlier) === body,
  });
}

const bodyOf = ({ value }: WireEvent): string => printJson(member(value, "body") ?? null);

/** @param label of the invite's grant; undefined for what is owed to the peer itself */
async function markTold(home: Home, label: string | undefined, told: Acceptor): Promise<void> {
  if (label === undefined) {
    return void await updateGrants(home, OWNER, (grants) => ({
      ...grants,
      owed: grants.owed.filter(({ did, at }) => did !== told.did || at !== told.at),
    }));
  }
  const change = (entry: GrantEntry): GrantEntry =>
    entry.label !== label || entry.acceptors === undefined ? entry : {
      ...entry,
      acceptors: entry.acceptors.map((acceptor) =>
        acceptor.did === told.did && acceptor.at === told.at
          ? { ...acceptor, told: true }
          : acceptor
      ),
    };
  await updateGrants(home, OWNER, (grants) => withChanged(grants, change));
}
