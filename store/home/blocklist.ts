/**
 * Whom the operator wants to hear nothing from, by DID: `blocklist.json` beside trust.json, as
 * `{"blocked":{<did>:{"at":<RFC 3339>,"note"?:<text>}}}`. Ours; 0.5.19 has no such file.
 */
import path from "node:path";
import { unreadable } from "../../platform/file_errors.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  stringMember,
  withMembers,
} from "../../protocol/json/value.ts";
import type { Home } from "./home.ts";
import { readJsonObject } from "./json_file.ts";

export interface BlockEntry {
  readonly did: string;
  /** RFC 3339; "" if the entry does not say. */
  readonly at: string;
  /** The operator's own words. */
  readonly note?: string;
}

/** By DID. */
export type Blocklist = ReadonlyMap<string, BlockEntry>;

export interface NewBlock {
  readonly did: string;
  /** RFC 3339, now. */
  readonly at: string;
  readonly note?: string;
}

const blocklistPath = ({ paths }: Home): string => path.join(paths.configRoot, "blocklist.json");

/**
 * A missing file blocks nobody. Every member of `blocked` counts, whatever its value: who edits the
 * file by hand and gets an entry wrong meant to block.
 * @throws {WireError} unreadable, naming the file: a broken list is never taken for an empty one
 */
export async function readBlocklist(home: Home): Promise<Blocklist> {
  return new Map(
    Object.entries(blockedIn(await readDocument(home), home)).map(([did, value]) => {
      const entry = isJsonObject(value) ? value : {};
      const note = stringMember(entry, "note");
      const at = stringMember(entry, "at") ?? "";
      return [did, { did, at, ...(note === undefined ? {} : { note }) }];
    }),
  );
}

/** @throws {WireError} unreadable */
export async function isBlocked(home: Home, did: string): Promise<boolean> {
  return (await readBlocklist(home)).has(did);
}

/**
 * The same again changes nothing but a note that is given.
 * @returns whether it was blocked before
 * @throws {WireError} locked, unreadable, write_failed
 */
export function block(home: Home, { did, at, note }: NewBlock): Promise<boolean> {
  return update(home, did, (old) => {
    if (old !== undefined && note === undefined) return old;
    return withMembers(isJsonObject(old) ? old : { at }, note === undefined ? {} : { note });
  });
}

/** @returns whether it was blocked before @throws {WireError} locked, unreadable, write_failed */
export function unblock(home: Home, did: string): Promise<boolean> {
  return update(home, did, () => undefined);
}

/** @param change of that DID's entry; the same again writes nothing, undefined removes it */
async function update(
  home: Home,
  did: string,
  change: (entry: Json | undefined) => Json | undefined,
): Promise<boolean> {
  const { platform: { files }, paths } = home;
  const lock = path.join(paths.configRoot, "blocklist.lock");
  await using _lock = await home.lock(lock, "the list of blocked peers");
  const document = await readDocument(home);
  const blocked = blockedIn(document, home);
  const old = member(blocked, did);
  const entry = change(old);
  if (entry !== old) {
    const text = prettyJson(
      withMembers(document, { blocked: withMembers(blocked, { [did]: entry }) }),
    );
    await files.writeAtomic(blocklistPath(home), text, { point: "home.blocklist" });
  }
  return old !== undefined;
}

const readDocument = async (home: Home): Promise<JsonObject> =>
  await readJsonObject(home.platform.files, blocklistPath(home)) ?? {};

function blockedIn(document: JsonObject, home: Home): JsonObject {
  const blocked = member(document, "blocked") ?? {};
  if (isJsonObject(blocked)) return blocked;
  throw unreadable(blocklistPath(home), 'at "blocked": expected an object');
}
