/** How the one who answers at a mailbox is doing, as its relay was told. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { ResponderHealth } from "../../protocol/schemas/relay_api.ts";
import type { ClientContext } from "../context.ts";
import { refusedEndpoint } from "../endpoints/check_endpoint.ts";
import type { Operation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { peerRoutes, type Route, unusedRoutes } from "../sync/routes.ts";
import { ownMailbox } from "./responder_set.ts";

const ResponderGetInput = z.object({
  /** Left out: our own mailbox. */
  peer: z.string().optional(),
});

const ResponderGetOutput = z.object({
  responder_health: ResponderHealth.nullable(),
  /** `self`, or the peer's handle. */
  target: z.string(),
});

/** @throws {WireError} not_found; refused (consent is missing); unreachable; relay_status */
export const responderGet = {
  input: ResponderGetInput,
  output: ResponderGetOutput,
  async run(context, { peer }) {
    const target = peer === undefined ? "self" : peerKey(peer);
    const route = peer === undefined
      ? await ownMailbox(context)
      : await mailboxOf(context, peerKey(peer));
    const relay = context.relay(route.relayUrl);
    const { responder_health } = await relay.slotState(route.slotId, route.slotToken);
    return { responder_health, target };
  },
} satisfies Operation<typeof ResponderGetInput, typeof ResponderGetOutput>;

async function mailboxOf({ home }: ClientContext, peer: string): Promise<Route> {
  const state = await home.readRelayState();
  const found = peerRoutes(state, peer);
  const route = found.tag === "routes" ? found.routes[0] : undefined;
  if (route !== undefined) return route;
  const [unused] = unusedRoutes(state, peer);
  if (unused !== undefined) throw refusedEndpoint(unused, `Cannot ask the mailbox of ${peer}`);
  throw new WireError("not_found", `unknown peer ${peer}`, {
    hint: "wire peers lists the pinned ones",
  });
}
