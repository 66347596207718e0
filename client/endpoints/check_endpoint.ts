/** Before a peer's address is called. See docs/protocol/extensions.md §9. */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import type { Home } from "../../store/home/home.ts";
import { type Unused, unusedEndpoint } from "./unused.ts";

/**
 * For an address that came from a peer, an invite or a directory, not from the command line.
 * @param action what cannot be done, such as `Cannot accept the invite`
 * @throws {WireError} refused, with the command that allows it; unreadable
 */
export async function checkEndpoint(home: Home, relayUrl: RelayUrl, action: string): Promise<void> {
  const unused = unusedEndpoint(await home.readRelayState(), relayUrl);
  if (unused !== undefined) throw refusedEndpoint(unused, action);
}

export const refusedEndpoint = ({ reason, next }: Unused, action: string): WireError =>
  new WireError("refused", `${action}: ${reason}`, {
    hint: `if you know who runs a relay there: ${next}`,
  });

/** For a step that waits: whoever reads of it in a log or a line of progress needs the command. */
export const waitingEndpoint = ({ reason, next }: Unused, action: string): WireError =>
  new WireError("refused", `${action}: ${reason}; to allow it: ${next}`);
