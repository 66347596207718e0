/** policy.json, the operator's. See docs/protocol/pairing.md §1.3. */
import path from "node:path";
import { JsonError, parseJson } from "../../protocol/json/parse.ts";
import { isJsonObject, member } from "../../protocol/json/value.ts";
import type { Home } from "../../store/home/home.ts";

/**
 * Whether requests of strangers are kept for the operator. As 0.5.19, anything but a readable
 * `false` is yes: a request that is kept gives nobody anything.
 */
export async function acceptsStrangers({ platform: { files }, paths }: Home): Promise<boolean> {
  const text = await files.readText(path.join(paths.configRoot, "policy.json"));
  if (text === undefined) return true;
  try {
    const policy = parseJson(text);
    return !isJsonObject(policy) || member(policy, "accept_unknown_pair_drops") !== false;
  } catch (error) {
    if (error instanceof JsonError) return true;
    throw error;
  }
}
