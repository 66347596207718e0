/**
 * Which of the addresses that peers name are used. A peer must not make us call services of our own
 * machine or network, so an address there is used only if it is one of ours, letter by letter, or if
 * the operator has allowed it. Pure. See docs/protocol/extensions.md §9.
 */
import { networkOf } from "../../protocol/endpoint.ts";
import { parseRelayUrl, type RelayUrl } from "../../protocol/ids.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { endpointsIn } from "../../protocol/schemas/relay_state.ts";
import { parseUnixRelay } from "../../protocol/unix_relay.ts";
import { allowedRelays } from "../../store/home/allowed_relays.ts";
import { previousMailboxes } from "../../store/home/previous_mailboxes.ts";

/** An address that is not used, in words for a person. */
export interface Unused {
  readonly relayUrl: RelayUrl;
  readonly reason: string;
  /** The command that allows it. */
  readonly next: string;
}

/** @returns undefined if the address is used */
export function unusedEndpoint(state: RelayState, relayUrl: RelayUrl): Unused | undefined {
  const network = networkOf(relayUrl);
  if (network === "public" || ownUrls(state).includes(relayUrl)) return undefined;
  if (allowedRelays(state).includes(relayUrl)) return undefined;
  const place = network === "loopback" ? "on this machine" : "in a private network";
  return {
    relayUrl,
    reason: `${relayUrl} is ${place}, and neither ours nor allowed`,
    next: allowCommand(relayUrl),
  };
}

/** In single quotes, because a host may hold what a shell would run. */
export const allowCommand = (relayUrl: RelayUrl): string =>
  /^[A-Za-z0-9:/._\-[\]]+$/.test(relayUrl)
    ? `wire allow-relay ${relayUrl}`
    : `wire allow-relay '${relayUrl.replaceAll("'", "%27")}'`;

/** Of the mailboxes that we have, and of those that we moved out of and still read. */
function ownUrls(state: RelayState): readonly RelayUrl[] {
  const { self } = state;
  const texts = [self?.relay_url, ...endpointsIn(self?.endpoints).map((it) => it.relay_url)];
  return [
    ...texts.flatMap((text = "") => parseUnixRelay(text) ?? parseRelayUrl(text) ?? []),
    ...previousMailboxes(state).map(({ relayUrl }) => relayUrl),
  ];
}
