/**
 * Which nicks we claimed, at which relay and how: `claimed-nicks.json` beside relay.json, as
 * `{"nicks":[…]}`. Ours; 0.5.19 has no such file. A claim is written down before it is asked for, so
 * that none is lost from sight when we move. See docs/protocol/extensions.md §2.
 */
import path from "node:path";
import { z } from "zod";
import { unreadable, writeFailed } from "../../platform/file_errors.ts";
import { parseRelayUrl, type RelayUrl } from "../../protocol/ids.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { SlotIdSchema } from "../../protocol/schemas/ids.ts";
import { schemaProblem } from "../../protocol/schemas/problem.ts";
import type { OwnSlot } from "./grants.ts";
import type { Change, Home } from "./home.ts";
import { isJson, readJsonObject } from "./json_file.ts";

const isRelayUrl = (text: string): text is RelayUrl => parseRelayUrl(text) === text;
const RelayAddress = z.string().refine(isRelayUrl, "expected a relay address");

const ClaimedNick = z.looseObject({
  nick: z.string(),
  /** Whose directory it is in. */
  relay_url: RelayAddress,
  /** Where others reach that relay. */
  public_url: RelayAddress,
  /** Whether the phonebook leaves it out. */
  hidden: z.boolean(),
  /** The mailbox that it was last asked to name. */
  slot_id: SlotIdSchema,
  /** RFC 3339; of the latest proof that a relay was sent. */
  proved_at: z.string().optional(),
  /** RFC 3339. Without it, it was asked for, and which mailbox it names is not known. */
  confirmed_at: z.string().optional(),
});
export type ClaimedNick = z.output<typeof ClaimedNick>;

const ClaimedNicks = z.looseObject({ nicks: z.array(ClaimedNick).default([]) });
export type ClaimedNicks = z.output<typeof ClaimedNicks>;

/** What names an entry. */
export type NickAt = Pick<ClaimedNick, "nick" | "relay_url">;

/**
 * A missing file: nothing was claimed.
 * @throws {WireError} unreadable, naming the file: a broken record is never taken for an empty one
 */
export async function readClaimedNicks(home: Home): Promise<ClaimedNicks> {
  const file = pathIn(home);
  const result = ClaimedNicks.safeParse(await readJsonObject(home.platform.files, file) ?? {});
  if (result.success) return result.data;
  throw unreadable(file, schemaProblem(result.error));
}

/**
 * Rewrites the record under its lock; members that this version does not know survive.
 * @param owner what whoever waits for the lock is shown
 * @throws {WireError} locked, unreadable (and nothing is written), write_failed
 */
export async function updateClaimedNicks(
  home: Home,
  owner: string,
  change: Change<ClaimedNicks>,
): Promise<void> {
  const file = pathIn(home);
  await using _lock = await home.lock(
    path.join(home.paths.configRoot, "claimed-nicks.lock"),
    owner,
  );
  const current = await readClaimedNicks(home);
  const changed = await change(current);
  if (changed === current) return;
  const result = ClaimedNicks.safeParse(changed);
  if (!result.success) throw writeFailed(file, schemaProblem(result.error));
  if (!isJson(changed)) throw writeFailed(file, "not JSON");
  await home.platform.files.writeAtomic(file, prettyJson(changed), { point: "home.nicks" });
}

const pathIn = ({ paths }: Home): string => path.join(paths.configRoot, "claimed-nicks.json");

const isSame = (a: NickAt, b: NickAt): boolean => a.nick === b.nick && a.relay_url === b.relay_url;

export const nickAt = ({ nicks }: ClaimedNicks, at: NickAt): ClaimedNick | undefined =>
  nicks.find((entry) => isSame(entry, at));

/** In the place of the entry that there is, if any. */
export const withNick = (record: ClaimedNicks, entry: ClaimedNick): ClaimedNicks => ({
  ...record,
  nicks: [...record.nicks.filter((other) => !isSame(other, entry)), entry],
});

export const withoutNick = (record: ClaimedNicks, at: NickAt): ClaimedNicks => ({
  ...record,
  nicks: record.nicks.filter((other) => !isSame(other, at)),
});

/** Those that name that mailbox, or may: strangers write there. */
export const nicksNaming = (
  { nicks }: ClaimedNicks,
  { relayUrl, slotId }: OwnSlot,
): readonly ClaimedNick[] =>
  nicks.filter(({ relay_url, slot_id, confirmed_at }) =>
    relay_url === relayUrl && (slot_id === slotId || confirmed_at === undefined)
  );
