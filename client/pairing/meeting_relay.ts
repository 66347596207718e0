/** Where both sides of a pairing meet: the relay that was named, else the one of our mailbox. */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import type { ClientContext } from "../context.ts";
import { relayUrlOf } from "../mailbox.ts";

/** The mailbox stays where it is. @throws {WireError} usage; not_initialized, unreadable */
export async function meetingRelay(
  { home }: ClientContext,
  asked: string | undefined,
): Promise<RelayUrl> {
  if (asked !== undefined) return relayUrlOf(asked);
  await home.readIdentity();
  const bound = (await home.readRelayState()).self?.relay_url;
  if (bound !== undefined && bound !== "") return relayUrlOf(bound);
  throw new WireError("usage", "Cannot pair: no relay is named, and this home has no mailbox", {
    hint: "wire bind-relay <url>, or name the relay on which both sides meet",
  });
}
