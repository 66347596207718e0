/**
 * Where somebody is asked for by nick: `nick@domain` as 0.5.19 writes it, `nick@host:port`, or a nick
 * at a relay's whole address. See docs/protocol/cli.md §4 and §7.3.
 */
import { WireError } from "../../protocol/errors.ts";
import { parseNickAtDomain } from "../../protocol/identity/did.ts";
import { parseRelayUrl, type RelayUrl } from "../../protocol/ids.ts";
import { relayUrlOf } from "../mailbox.ts";

export interface PeerAddress {
  readonly nick: string;
  /** The name of the relay's host, for a person to judge. */
  readonly domain: string;
  readonly directory: RelayUrl;
}

/** A relay on this machine has no certificate. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?(\/|$)/i;
/** Stands for whichever domain is asked about when only a nick is to be judged. */
const ANY_DOMAIN = "relay.example.org";

/** @returns undefined for what is neither a whole address, nor a host that https or loopback reaches */
export function relayAt(place: string): RelayUrl | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) return parseRelayUrl(place);
  return parseRelayUrl(`${LOOPBACK.test(place) ? "http" : "https"}://${place}`);
}

/** A bare domain is reached by https, on this machine too, as in 0.5.19. @throws {WireError} usage */
export function parsePeerAddress(text: string): PeerAddress {
  const name = parseNickAtDomain(text);
  if (name.ok) {
    const { nick, domain } = name;
    return { nick, domain, directory: relayUrlOf(`https://${domain}`) };
  }
  const at = text.indexOf("@");
  const place = at < 0 ? "" : text.slice(at + 1);
  const named = parseNickAtDomain(`${text.slice(0, Math.max(0, at))}@${ANY_DOMAIN}`);
  const directory = /:/.test(place) ? relayAt(place) : undefined;
  if (named.ok && directory !== undefined) {
    return { nick: named.nick, domain: new URL(directory).hostname, directory };
  }
  throw new WireError("usage", name.message, {
    hint: "bob@relay.example.org, or bob@http://host:port for a relay without a certificate",
  });
}

/** As short as {@linkcode relayAt} still finds that relay by it. */
export function shownAddress(nick: string, relay: string): string {
  const { host } = new URL(relay);
  return `${nick}@${relayAt(host) === relay.replace(/\/+$/, "") ? host : relay}`;
}
