/**
 * The requests and answers of one page, after it is stored. One that cannot be handled because the
 * memory of requests is damaged holds up no other mail: it is given back, to be shown.
 */
import type { WireEvent } from "../../protocol/event/event.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { Home } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import { RequestsUnreadable } from "../../store/home/pending_inbound.ts";
import { takeAck, takeDrop } from "./take_request.ts";

export interface PageOfRequests {
  /** Verified against a pinned key. */
  readonly accepted: readonly { readonly sender: Handle; readonly event: WireEvent }[];
  /** Everything that no invite of ours admitted. */
  readonly uninvited: readonly WireEvent[];
}

export interface NotHandled {
  readonly event: WireEvent;
  readonly why: string;
}

/** @throws {WireError} unreadable, locked, write_failed: the page must come again */
export async function takePage(
  home: Home,
  identity: Identity,
  { accepted, uninvited }: PageOfRequests,
): Promise<NotHandled[]> {
  const notHandled: NotHandled[] = [];
  const attempt = async (event: WireEvent, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RequestsUnreadable)) throw error;
      notHandled.push({ event, why: error.message });
    }
  };
  for (const { sender, event } of accepted) {
    await attempt(event, () => takeAck(home, sender, event));
  }
  for (const event of uninvited) await attempt(event, () => takeDrop(home, identity, event));
  return notHandled;
}
