/** `nick[@relay]`, as `wire up` takes it. See docs/protocol/cli.md §7.3. */
import { WireError } from "../../protocol/errors.ts";
import { type Handle, isHandle, type RelayUrl } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import { relayAt } from "../nicks/peer_address.ts";

export interface UpAddress {
  readonly nick: Handle;
  readonly relay: RelayUrl | undefined;
}

/**
 * What follows the first `@` is a whole address, or a host that is reached by https; on loopback by
 * http.
 * @throws {WireError} usage
 */
export function parseUpAddress(text: string): UpAddress {
  const at = text.indexOf("@");
  const nick = at < 0 ? text : text.slice(0, at);
  if (!isHandle(nick)) {
    throw new WireError(
      "usage",
      `Cannot use the name ${
        quote(nick)
      }: it must be ASCII alphanumeric, '-' or '_', 1 to 64 characters`,
      { hint: "wire up alice, wire up alice@relay.example.org or wire up alice@http://host:port" },
    );
  }
  return { nick, relay: at < 0 ? undefined : relayOf(text.slice(at + 1)) };
}

function relayOf(place: string): RelayUrl {
  const url = relayAt(place);
  if (url !== undefined) return url;
  throw new WireError(
    "usage",
    `Cannot use the relay ${quote(place)}: expected a host or http(s)://host[:port]`,
  );
}
