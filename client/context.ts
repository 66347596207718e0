/** What every operation works with: the world, a home, and relays by their address. */
import type { Platform } from "../platform/platform.ts";
import type { RelayUrl } from "../protocol/ids.ts";
import { type Home, openHome } from "../store/home/home.ts";
import { RelayClient } from "./relay_client.ts";

export interface ClientContext {
  readonly platform: Platform;
  readonly home: Home;
  relay(url: RelayUrl): RelayClient;
  /** One line for a person, on stderr where there is one; never part of the result. */
  warn(line: string): void;
}

export interface ContextOptions {
  warn(line: string): void;
}

/** A context over the home that the environment names. Touches neither disk nor network. */
export function createContext(platform: Platform, { warn }: ContextOptions): ClientContext {
  const { net, clock } = platform;
  return {
    platform,
    home: openHome(platform),
    relay: (url) => new RelayClient(url, { net, clock }),
    warn,
  };
}
