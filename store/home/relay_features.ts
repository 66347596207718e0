/**
 * What each relay has announced so far: `relay-features.json` beside relay.json, as
 * `{"relays":{<url>:[<feature>…]}}`. Ours; 0.5.19 has no such file. What a relay once had is missed
 * when it is gone. See docs/protocol/extensions.md, opening rule 3.
 */
import path from "node:path";
import { z } from "zod";
import { unreadable } from "../../platform/file_errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { member, withMembers } from "../../protocol/json/value.ts";
import type { Home } from "./home.ts";
import { readJsonObject } from "./json_file.ts";

const Relays = z.record(z.string(), z.array(z.string()));
type Relays = z.output<typeof Relays>;

/**
 * A missing file: no relay has announced anything.
 * @throws {WireError} unreadable, naming the file: a broken record is never taken for an empty one
 */
export async function readRelayFeatures(
  home: Home,
  relayUrl: RelayUrl,
): Promise<readonly string[]> {
  const { relays } = await read(home);
  return relays[relayUrl] ?? [];
}

/**
 * Writes what that relay is known to have; the same again writes nothing.
 * @param change of what is on the disk
 * @throws {WireError} locked, unreadable (and nothing is written), write_failed
 */
export async function updateRelayFeatures(
  home: Home,
  relayUrl: RelayUrl,
  change: (known: readonly string[]) => readonly string[],
): Promise<void> {
  const lock = path.join(home.paths.configRoot, "relay-features.lock");
  await using _lock = await home.lock(lock, "wire, the features of a relay");
  const { document, relays } = await read(home);
  const known = relays[relayUrl] ?? [];
  const changed = [...new Set(change(known))].sort();
  if (changed.join(" ") === known.join(" ")) return;
  const text = prettyJson(withMembers(document, { relays: { ...relays, [relayUrl]: changed } }));
  const { files } = home.platform;
  await files.writeAtomic(pathIn(home), text, { point: "home.relay_features" });
}

const pathIn = ({ paths }: Home): string => path.join(paths.configRoot, "relay-features.json");

async function read(home: Home) {
  const file = pathIn(home);
  const document = await readJsonObject(home.platform.files, file) ?? {};
  const result = Relays.safeParse(member(document, "relays") ?? {});
  if (!result.success) throw unreadable(file, 'at "relays": expected lists of words');
  return { document, relays: result.data };
}
