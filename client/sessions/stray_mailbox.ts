/**
 * `relay-state.json`: where 0.5.19 wrote the mailbox of `--with-local`, and where nothing looked. Read
 * once, to take over what is good; never written. See docs/protocol/identity-and-events.md §10.4.
 */
import path from "node:path";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import type { Home } from "../../store/home/home.ts";
import { parseRelayState } from "../../store/home/relay_state_file.ts";
import { ownRoutes, type Route } from "../sync/routes.ts";

/** @returns undefined when there is none, or it says nothing usable */
export async function strayMailbox(home: Home, relay: RelayUrl): Promise<Route | undefined> {
  const file = path.join(home.paths.configRoot, "relay-state.json");
  try {
    const state = parseRelayState(await home.platform.files.readText(file), file);
    return ownRoutes(state).find(({ scope, relayUrl }) => scope === "local" && relayUrl === relay);
  } catch (error) {
    if (error instanceof WireError && error.code === "unreadable") return undefined;
    throw error;
  }
}
