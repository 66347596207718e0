/**
 * Tells whoever may look at our mailbox how the one who answers there is doing.
 * See docs/protocol/cli.md §4 and docs/protocol/identity-and-events.md §20.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import { ResponderHealth } from "../../protocol/schemas/relay_api.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { ownRoutes, type Route } from "../sync/routes.ts";

const STATUSES = ["online", "offline", "oauth_locked", "rate_limited", "degraded"] as const;
const LONGEST_REASON = 500;

const ResponderSetInput = z.object({
  status: z.string(),
  reason: z.string().max(LONGEST_REASON).optional(),
});

/**
 * Answers what the relay keeps from now on. Peers see it as hearsay: in 0.5.19 each of them could
 * have written it.
 * @throws {WireError} usage; not_found (no mailbox); unreachable; relay_status
 */
export const responderSet = {
  input: ResponderSetInput,
  output: ResponderHealth,
  async run(context, { status, reason }) {
    if (!STATUSES.some((known) => known === status)) {
      throw new WireError(
        "usage",
        `Cannot set responder status ${quote(status)}: status must be one of ${
          STATUSES.join(", ")
        }`,
      );
    }
    const { relayUrl, slotId, slotToken } = await ownMailbox(context);
    const set_at = context.platform.clock.timestamp();
    const relay = context.relay(relayUrl);
    await relay.setResponderHealth(slotId, slotToken, {
      status,
      ...(reason === undefined ? {} : { reason }),
      ...(status === "online" ? { last_success_at: set_at } : {}),
      set_at,
    });
    const { responder_health: kept } = await relay.slotState(slotId, slotToken);
    if (kept?.status === status && kept.set_at === set_at) return kept;
    throw new WireError("conflict", `Cannot set responder status ${status}: another one was set`);
  },
} satisfies Operation<typeof ResponderSetInput, typeof ResponderHealth>;

/** Where peers look: the one on the federation, if there is one. @throws {WireError} not_found */
export async function ownMailbox({ home }: ClientContext): Promise<Route> {
  const routes = ownRoutes(await home.readRelayState());
  const route = routes.find(({ scope }) => scope === "federation") ?? routes[0];
  if (route !== undefined) return route;
  throw new WireError("not_found", "self slot not bound", {
    hint: "get a mailbox: wire bind-relay <url>",
  });
}
