/**
 * The keys with which relays sign receipts, pinned when they were first used: `relay-keys.json` beside
 * relay.json, as `{"relays":{<url>:"ed25519:<base64>"}}`. Ours; 0.5.19 has no such file.
 * See docs/protocol/receipts.md.
 */
import path from "node:path";
import { z } from "zod";
import { unreadable } from "../../platform/file_errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { member, withMembers } from "../../protocol/json/value.ts";
import type { Home } from "./home.ts";
import { readJsonObject } from "./json_file.ts";

const Relays = z.record(z.string(), z.string());

/** @throws {WireError} unreadable: a broken record is never taken for an empty one */
export async function readRelayKey(home: Home, relayUrl: RelayUrl): Promise<string | undefined> {
  const { relays } = await read(home);
  return Object.hasOwn(relays, relayUrl) ? relays[relayUrl] : undefined;
}

/**
 * @param key in place of what is there; undefined forgets it
 * @throws {WireError} locked, unreadable (and nothing is written), write_failed
 */
export async function writeRelayKey(
  home: Home,
  relayUrl: RelayUrl,
  key: string | undefined,
): Promise<void> {
  const lock = path.join(home.paths.configRoot, "relay-keys.lock");
  await using _lock = await home.lock(lock, "wire, the key of a relay");
  const { document, relays } = await read(home);
  const { [relayUrl]: old, ...others } = relays;
  if (old === key) return;
  const changed = key === undefined ? others : { ...others, [relayUrl]: key };
  await home.platform.files.writeAtomic(
    pathIn(home),
    prettyJson(withMembers(document, { relays: changed })),
    { point: "home.relay_keys" },
  );
}

const pathIn = ({ paths }: Home): string => path.join(paths.configRoot, "relay-keys.json");

async function read(home: Home) {
  const file = pathIn(home);
  const document = await readJsonObject(home.platform.files, file) ?? {};
  const result = Relays.safeParse(member(document, "relays") ?? {});
  if (!result.success) throw unreadable(file, 'at "relays": expected keys');
  return { document, relays: result.data };
}
