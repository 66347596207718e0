/** Whether a relay knows the form pair/2. See docs/protocol/extensions.md, opening rule 3, and §10. */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import type { Side } from "../../protocol/pair2/side.ts";
import type { ClientContext } from "../context.ts";
import { featuresOf } from "../relay/features.ts";

const FEATURE = "pair2";

/**
 * @throws {WireError} refused, if the relay does not offer it: there is no fallback by ourselves;
 * feature_lost, if it once did; unreachable, relay_status, relay_garbage, if it does not answer
 */
export async function requirePair2(
  context: Pick<ClientContext, "home" | "relay">,
  { relayUrl, side }: { readonly relayUrl: RelayUrl; readonly side: Side },
): Promise<void> {
  if ((await featuresOf(context, relayUrl)).has(FEATURE)) return;
  const hint = side === "host"
    ? "another relay, or --compat: a code of 0.5.19, which the relay itself can guess"
    : "use the relay on which the code was made; a code of 0.5.19 is made with pair-host --compat";
  throw new WireError("refused", `Cannot pair on ${relayUrl}: it does not offer pair/2`, { hint });
}
