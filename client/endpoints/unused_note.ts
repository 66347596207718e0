/** What `peers` and `status` say of mailboxes that wait for the operator's consent. Pure. */
import { z } from "zod";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { unusedRoutes } from "../sync/routes.ts";

export const UnusedEndpoint = z.object({
  relay_url: z.string(),
  reason: z.string(),
  /** The command that allows it. */
  next: z.string(),
});

export interface UnusedNote {
  readonly unused_endpoints?: z.output<typeof UnusedEndpoint>[];
}

/** @returns nothing where every mailbox of the peer is used */
export function unusedNote(state: RelayState, handle: string): UnusedNote {
  const unused = unusedRoutes(state, handle);
  if (unused.length === 0) return {};
  return {
    unused_endpoints: unused.map(({ relayUrl, reason, next }) => ({
      relay_url: relayUrl,
      reason,
      next,
    })),
  };
}
