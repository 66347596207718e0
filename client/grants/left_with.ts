/** What a peer still holds of our mailbox when its grants are revoked (docs/protocol/cli.md §9 S25). */
import { visible } from "../../protocol/text/visible.ts";
import type { Home } from "../../store/home/home.ts";
import { exposures, wasGiven } from "./holders.ts";

/**
 * To be asked before they are revoked: afterwards nobody knows who had one.
 * @returns a line for a person; undefined if nothing is left with the peer
 * @throws {WireError} unreadable
 */
export async function leftWith(
  home: Home,
  { handle, did }: { readonly handle: string; readonly did: string },
): Promise<string | undefined> {
  const name = visible(handle, { maxLength: 64 });
  if ((await exposures(home)).some(({ tokenHolders }) => tokenHolders.includes(handle))) {
    return `${name} still holds the token of our mailbox and can read and write there; ` +
      "wire rotate-slot revokes it";
  }
  const { peers } = await home.readRelayState();
  if (!Object.hasOwn(peers, handle) || await wasGiven(home, did)) return undefined;
  return `${name} holds no token that we made; if it was given the token of our mailbox by hand, ` +
    "that stays good until wire rotate-slot";
}
