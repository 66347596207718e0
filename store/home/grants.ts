/**
 * Which tokens of our mailboxes we have given to whom: `grants.json` beside relay.json, with those
 * tokens in it. Ours; 0.5.19 has no such file. What this version does not know is written back as it
 * was. A grant is written down before it is asked for, so that none is lost from sight.
 * See docs/protocol/extensions.md §2.
 */
import path from "node:path";
import { z } from "zod";
import { unreadable, writeFailed } from "../../platform/file_errors.ts";
import { parseRelayUrl, type RelayUrl, type SlotId } from "../../protocol/ids.ts";
import { type InviteNonce, isInviteNonce } from "../../protocol/invite/invite_record.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { SlotIdSchema, SlotTokenSchema } from "../../protocol/schemas/ids.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import { schemaProblem } from "../../protocol/schemas/problem.ts";
import type { Change, Home } from "./home.ts";
import { isJson, readJsonObject } from "./json_file.ts";

/** `owner`: the slot's token is ours alone. `shared`: others may hold it, as with 0.5.19. */
export const SlotClass = z.enum(["owner", "shared"]);
export type SlotClass = z.output<typeof SlotClass>;

const isRelayUrl = (text: string): text is RelayUrl => parseRelayUrl(text) === text;
const place = {
  relay_url: z.string().refine(isRelayUrl, "expected a relay address"),
  slot_id: SlotIdSchema,
};

const SlotEntry = z.looseObject({ ...place, class: SlotClass });

/** A peer that is to be told of our mailbox: it used an invite of ours, or both sides asked. */
const Acceptor = z.looseObject({
  did: z.string(),
  /** RFC 3339, the sender's time of its request. */
  at: z.string(),
  /** RFC 3339, our time when we took it. */
  noted_at: z.string(),
  told: z.boolean(),
});
export type Acceptor = z.output<typeof Acceptor>;

export const GrantEntry = z.looseObject({
  ...place,
  /** Whose it is: a DID, or `invite:<nonce>`. */
  holder: z.string(),
  /** Names the entry here and at the relay; random, so that the relay learns nothing by it. */
  label: z.string().regex(/^[0-9a-f]{32}$/),
  /** RFC 3339. */
  made_at: z.string(),
  /** Without both it was asked for, and whether the relay made it is not known. */
  grant_id: z.string().regex(/^[0-9a-f]{16}$/).optional(),
  token: SlotTokenSchema.optional(),
  /** RFC 3339: it is to be revoked, and its relay has not said yet that it is. */
  revoke_since: z.string().optional(),
  acceptors: z.array(Acceptor).optional(),
});
export type GrantEntry = z.output<typeof GrantEntry>;

export const Grants = z.looseObject({
  slots: z.array(SlotEntry).default([]),
  grants: z.array(GrantEntry).default([]),
  /** Peers that have asked for our mailbox and are to be told of it; gone once they are. */
  owed: z.array(Acceptor).default([]),
});
export type Grants = z.output<typeof Grants>;

const INVITE = "invite:";

/** The holder of an invite's own grant. */
export const inviteHolder = (nonce: InviteNonce): string => INVITE + nonce;

/** @returns undefined for a peer's grant */
export function inviteOf({ holder }: GrantEntry): InviteNonce | undefined {
  const nonce = holder.startsWith(INVITE) ? holder.slice(INVITE.length) : undefined;
  return isInviteNonce(nonce) ? nonce : undefined;
}

/** A mailbox of ours, by what names it. */
export interface OwnSlot {
  readonly relayUrl: RelayUrl;
  readonly slotId: SlotId;
}

/**
 * A missing file says nothing of anybody.
 * @throws {WireError} unreadable, naming the file: a broken record is never taken for an empty one
 */
export async function readGrants(home: Home): Promise<Grants> {
  const file = grantsPath(home);
  const result = Grants.safeParse(await readJsonObject(home.platform.files, file) ?? {});
  if (result.success) return result.data;
  throw unreadable(file, schemaProblem(result.error));
}

/**
 * Rewrites grants.json under grants.lock. Spread what you were given: members that you do not know
 * must survive. The same again writes nothing.
 * @param owner what whoever waits for the lock is shown
 * @returns what is on the disk now
 * @throws {WireError} locked, unreadable (and nothing is written), write_failed
 */
export async function updateGrants(
  home: Home,
  owner: string,
  change: Change<Grants>,
): Promise<Grants> {
  const file = grantsPath(home);
  await using _lock = await home.lock(path.join(home.paths.configRoot, "grants.lock"), owner);
  const current = await readGrants(home);
  const changed = await change(current);
  if (changed === current) return current;
  const result = Grants.safeParse(changed);
  if (!result.success) throw writeFailed(file, schemaProblem(result.error));
  if (!isJson(changed)) throw writeFailed(file, "not JSON");
  await home.platform.files.writeAtomic(file, prettyJson(changed), { point: "home.grants" });
  return changed;
}

const grantsPath = ({ paths }: Home): string => path.join(paths.configRoot, "grants.json");

const isOf = (entry: { readonly relay_url: string; readonly slot_id: string }, slot: OwnSlot) =>
  entry.relay_url === slot.relayUrl && entry.slot_id === slot.slotId;

/** @returns undefined if nobody has looked yet */
export const classOf = ({ slots }: Grants, slot: OwnSlot): SlotClass | undefined =>
  slots.find((entry) => isOf(entry, slot))?.class;

/** A class that is known stays: what was ours alone never becomes everybody's. */
export function withClass(grants: Grants, slot: OwnSlot, slotClass: SlotClass): Grants {
  if (classOf(grants, slot) !== undefined) return grants;
  const entry = { relay_url: slot.relayUrl, slot_id: slot.slotId, class: slotClass };
  return { ...grants, slots: [...grants.slots, entry] };
}

/**
 * What that holder has, or is about to have, there; not what is to be revoked. Of several (a peer
 * that paired again) the last one, which is what it was given last.
 */
export const grantFor = (
  { grants }: Grants,
  holder: string,
  slot: OwnSlot,
): GrantEntry | undefined =>
  grants.findLast((entry) =>
    entry.holder === holder && entry.revoke_since === undefined && isOf(entry, slot)
  );

export const grantsOn = ({ grants }: Grants, slot: OwnSlot): readonly GrantEntry[] =>
  grants.filter((entry) => isOf(entry, slot));

export const withGrant = (grants: Grants, entry: GrantEntry): Grants => ({
  ...grants,
  grants: [...grants.grants.filter(({ label }) => label !== entry.label), entry],
});

export const grantLabelled = ({ grants }: Grants, label: string): GrantEntry | undefined =>
  grants.find((entry) => entry.label === label);

/** The same record if it has no such entry. */
export function withoutGrants(grants: Grants, labels: ReadonlySet<string>): Grants {
  const left = grants.grants.filter(({ label }) => !labels.has(label));
  return left.length === grants.grants.length ? grants : { ...grants, grants: left };
}

/** Each entry that `change` makes another; the same record if there is none. */
export function withChanged(
  grants: Grants,
  change: (entry: GrantEntry) => GrantEntry,
): Grants {
  const changed = grants.grants.map(change);
  const isSame = changed.every((entry, index) => entry === grants.grants[index]);
  return isSame ? grants : { ...grants, grants: changed };
}

/** Each is to be told; of one peer what it asked last. The same again is the same record. */
export function withOwed(grants: Grants, acceptors: readonly Acceptor[]): Grants {
  return acceptors.reduce((record, noted) => {
    const old = record.owed.find((acceptor) => acceptor.did === noted.did);
    if (old !== undefined && !isLater(noted.at, old.at)) return record;
    return { ...record, owed: [...record.owed.filter((acceptor) => acceptor !== old), noted] };
  }, grants);
}

/** Both RFC 3339; what is no time is before every time. */
export const isLater = (at: string, before: string): boolean =>
  (instantMs(at) ?? -Infinity) > (instantMs(before) ?? -Infinity);
