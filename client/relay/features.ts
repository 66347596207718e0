/**
 * What a relay announces beyond 0.5.19, and what it has announced before: a feature that is gone
 * stops us aloud, and is never worked around. See docs/protocol/extensions.md, opening rule 3.
 */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { readRelayFeatures, updateRelayFeatures } from "../../store/home/relay_features.ts";
import { writeRelayKey } from "../../store/home/relay_keys.ts";
import type { ClientContext } from "../context.ts";

const MAX_HEADER_LENGTH = 1_000;

/**
 * @returns the words of `wire-relay: features="grants ws …"`, or undefined for a relay that has no
 * such header, whose other new routes must not be called
 */
export function announcedFeatures(headers: Headers): readonly string[] | undefined {
  const header = headers.get("wire-relay");
  if (header === null || header.length > MAX_HEADER_LENGTH) return undefined;
  const words = header.match(/(?:^|[;,\s])features="([a-z0-9 ._-]*)"/)?.[1];
  return words?.split(" ").filter((word) => word !== "");
}

type Asking = Pick<ClientContext, "home" | "relay">;

/**
 * What the relay has now. What it has is written down.
 * @throws {WireError} feature_lost, if it once had more; unreachable, relay_status, relay_garbage:
 * nobody knows then, and the same is to be tried again; locked, unreadable, write_failed
 */
export async function featuresOf(
  context: Asking,
  relayUrl: RelayUrl,
): Promise<ReadonlySet<string>> {
  const now = await announcedBy(context, relayUrl);
  const known = await readRelayFeatures(context.home, relayUrl);
  const lost = known.filter((feature) => !now.has(feature));
  if (lost.length > 0) throw featureLost(relayUrl, lost);
  if (now.size > known.length) {
    await updateRelayFeatures(context.home, relayUrl, (there) => [...there, ...now]);
  }
  return now;
}

/**
 * The operator has decided: what the relay has now is all that is expected of it.
 * @returns what was known and is gone
 * @throws {WireError} as {@linkcode featuresOf}, but for feature_lost
 */
export async function acceptLostFeatures(
  context: Asking,
  relayUrl: RelayUrl,
): Promise<readonly string[]> {
  const now = await announcedBy(context, relayUrl);
  let lost: readonly string[] = [];
  await updateRelayFeatures(context.home, relayUrl, (known) => {
    lost = known.filter((feature) => !now.has(feature));
    return [...now];
  });
  // With which it signs, too: the next receipt pins it anew.
  await writeRelayKey(context.home, relayUrl, undefined);
  return lost;
}

async function announcedBy(
  { relay }: Pick<Asking, "relay">,
  relayUrl: RelayUrl,
): Promise<ReadonlySet<string>> {
  const { features, isRelay } = await relay(relayUrl).health();
  if (isRelay) return new Set(features);
  throw new WireError("relay_garbage", `health at ${relayUrl}: bad reply: not that of a relay`, {
    hint: "a captive portal, or another server? try again later",
  });
}

function featureLost(relayUrl: RelayUrl, lost: readonly string[]): WireError {
  return new WireError(
    "feature_lost",
    `Cannot go on with ${relayUrl}: it offered ${lost.join(", ")} before and does not any more`,
    {
      hint: "ask its operator: an older program, or somebody between you and it?\n" +
        `to go on without: wire bind-relay ${relayUrl} --accept-lost-features`,
    },
  );
}
