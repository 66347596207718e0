/** What is refused before a message is made. Pure. See docs/protocol/extensions.md §14 ruling 2. */
import { WireError } from "../protocol/errors.ts";
import { isKnownKind, kindOf, KINDS } from "../protocol/event/kinds.ts";
import { hasCapability } from "../protocol/identity/capabilities.ts";
import type { Handle } from "../protocol/ids.ts";
import { utf8Length } from "../protocol/json/parse.ts";
import { printJson } from "../protocol/json/print.ts";
import { quote } from "../protocol/json/quote.ts";
import type { Json } from "../protocol/json/value.ts";
import { type Agent, capabilitiesOf } from "../protocol/trust/trust.ts";
import type { HomeConfig } from "../store/home/config.ts";

/**
 * The number of what was typed as a kind.
 * @throws {WireError} usage: a 0.5.19 receiver that meets an unknown number stops reading its
 * mailbox (docs/protocol/identity-and-events.md §13.4), so none is ever sent
 */
export function knownKind(text: string): number {
  const number = kindOf(text);
  if (isKnownKind(number)) return number;
  const known = KINDS.map((kind) => `${kind.number} ${kind.name}`).join(", ");
  throw new WireError("usage", `Cannot send kind ${quote(text)}: no receiver accepts that number`, {
    hint: `known kinds: ${known}; any other word is sent as kind 1 with that type`,
  });
}

/** Unless config.toml says otherwise. */
const RETRY_WINDOW_S = 120;

/** So long an equal message is the same one. */
export const retryWindowMs = ({ send }: HomeConfig): number =>
  (send?.retry_window_s ?? RETRY_WINDOW_S) * 1000;

/** @throws {WireError} refused, if `wanted` is given and the peer's pinned card does not have it */
export function checkCapability(
  peer: Handle,
  agent: Agent | undefined,
  wanted: string | undefined,
): void {
  if (wanted === undefined || hasCapability(capabilitiesOf(agent), wanted)) return;
  throw new WireError("refused", `peer ${peer} does not advertise capability ${quote(wanted)}`);
}

/** @throws {WireError} refused, if the operator's config.toml does not allow this message */
export function checkPolicy(body: Json, config: HomeConfig): void {
  if (config.send?.require_sealed === true) {
    throw new WireError("refused", "Cannot send: config.toml requires sealed messages", {
      hint: "this version sends none; set require_sealed = false under [send] to send in clear",
    });
  }
  const capKb = config.body_cap_kb;
  if (capKb === undefined) return;
  const bytes = utf8Length(printJson(body));
  if (bytes <= capKb * 1024) return;
  throw new WireError(
    "refused",
    `Cannot send ${bytes} bytes: config.toml caps a body at ${capKb} KiB`,
  );
}
