import {
  type GrantReply,
  GrantRequest,
  type GrantsReply,
} from "../../protocol/schemas/relay_api.ts";
import { isSlotToken } from "../../protocol/ids.ts";
import { WireError } from "../../protocol/errors.ts";
import { MAX_LIVE_GRANTS } from "../../store/slots/grant.ts";
import { tokenHash } from "../auth.ts";
import { json } from "../exchange.ts";
import { jsonBody, noBody, noQuery } from "../read.ts";
import { ownerRoute, type Route } from "../route.ts";
import { CAN, changeOf, defaultLimits, rowOf } from "./grant_row.ts";

const ID_BYTES = 8;
const TOKEN_BYTES = 32;

const path = "/v1/slot/:slot_id/grants";
const posted = jsonBody(GrantRequest);

/** docs/protocol/extensions.md §2. The token is answered once; the store keeps its hash. */
export const createGrant: Route = ownerRoute({
  method: "POST",
  path,
  query: noQuery,
  body: posted,
  async run({ store, random, clock, limits }, { slot, body }) {
    const token = random.bytes(TOKEN_BYTES).toHex();
    if (!isSlotToken(token)) throw new WireError("internal", "Cannot make a grant's token");
    const id = random.bytes(ID_BYTES).toHex();
    const label = body.label ?? null;
    const isMade = await store.createGrant(slot.id, {
      id,
      tokenHash: tokenHash(token),
      label,
      limits: { ...defaultLimits(limits), ...changeOf(body, limits) },
      createdAt: clock.now(),
    });
    if (!isMade) {
      return json(409, { error: "too many grants on this mailbox", max_grants: MAX_LIVE_GRANTS });
    }
    return json(201, { can: CAN, grant_id: id, label, token } satisfies GrantReply);
  },
});

/** Revoked ones too, in order of creation. */
export const listGrants: Route = ownerRoute({
  method: "GET",
  path,
  query: noQuery,
  body: noBody,
  async run({ store }, { slot }) {
    const grants = await store.grants(slot.id);
    return json(200, { grants: grants.map(rowOf) } satisfies GrantsReply);
  },
});
