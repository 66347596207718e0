/** What every operation works with: the world, a home, and relays by their address. */
import type { Platform } from "../platform/platform.ts";
import type { RelayUrl } from "../protocol/ids.ts";
import { type Home, openHome } from "../store/home/home.ts";
import { type DaemonLink, NO_DAEMON } from "./daemon_link.ts";
import { RelayClient } from "./relay_client.ts";

/** From where the word comes that lets an operation through a person's gate, and what proved it. */
export interface Origin {
  readonly face: "cli" | "mcp";
  readonly proof: "unproved" | "operator";
}

export interface ClientContext {
  readonly platform: Platform;
  readonly home: Home;
  relay(url: RelayUrl): RelayClient;
  /** The daemon of this home, if one answers; nothing depends on that. */
  readonly daemon: DaemonLink;
  readonly origin: Origin;
  /** One line for a person, on stderr where there is one; never part of the result. */
  warn(line: string): void;
}

export interface ContextOptions {
  warn(line: string): void;
  /** Left out: no daemon is ever asked. */
  readonly daemon?: DaemonLink;
  /** Left out: the command line, unproved. */
  readonly origin?: Origin;
}

const COMMAND_LINE: Origin = { face: "cli", proof: "unproved" };

/** A context over the home that the environment names. Touches neither disk nor network. */
export function createContext(
  platform: Platform,
  { warn, daemon = NO_DAEMON, origin = COMMAND_LINE }: ContextOptions,
): ClientContext {
  const { net, clock } = platform;
  return {
    platform,
    home: openHome(platform),
    relay: (url) => new RelayClient(url, { net, clock }),
    daemon,
    origin,
    warn,
  };
}
