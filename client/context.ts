/** What every operation works with: the world, a home, and relays by their address. */
import type { Platform } from "../platform/platform.ts";
import type { RelayUrl } from "../protocol/ids.ts";
import { type Home, openHome } from "../store/home/home.ts";
import { type DaemonLink, NO_DAEMON } from "./daemon_link.ts";
import { RelayClient } from "./relay_client.ts";

export interface ClientContext {
  readonly platform: Platform;
  readonly home: Home;
  relay(url: RelayUrl): RelayClient;
  /** The daemon of this home, if one answers; nothing depends on that. */
  readonly daemon: DaemonLink;
  /** One line for a person, on stderr where there is one; never part of the result. */
  warn(line: string): void;
}

export interface ContextOptions {
  warn(line: string): void;
  /** Left out: no daemon is ever asked. */
  readonly daemon?: DaemonLink;
}

/** A context over the home that the environment names. Touches neither disk nor network. */
export function createContext(
  platform: Platform,
  { warn, daemon = NO_DAEMON }: ContextOptions,
): ClientContext {
  const { net, clock } = platform;
  return {
    platform,
    home: openHome(platform),
    relay: (url) => new RelayClient(url, { net, clock }),
    daemon,
    warn,
  };
}
