import { GrantLimitsRequest } from "../../protocol/schemas/relay_api.ts";
import { json } from "../exchange.ts";
import { jsonBody, noBody, noQuery } from "../read.ts";
import { ownerRoute, type Route } from "../route.ts";
import { changeOf, rowOf } from "./grant_row.ts";

const path = "/v1/slot/:slot_id/grants/:grant_id";
const changed = jsonBody(GrantLimitsRequest);

const unknownGrant = () => json(404, { error: "unknown grant" });

/** docs/protocol/extensions.md §2: the limits that are named; a revoked grant stays as it is. */
export const changeGrant: Route = ownerRoute({
  method: "PATCH",
  path,
  query: noQuery,
  body: changed,
  async run({ store, limits }, { slot, params, body }) {
    const id = params["grant_id"] ?? "";
    const result = await store.changeLimits(slot.id, id, changeOf(body, limits));
    switch (result.status) {
      case "changed":
        return json(200, rowOf(result.grant));
      case "revoked":
        return json(409, { error: "grant is revoked" });
      case "unknown":
        return unknownGrant();
    }
  },
});

/** After the 200 nothing more lands under the grant. Again: the same row. */
export const revokeGrant: Route = ownerRoute({
  method: "DELETE",
  path,
  query: noQuery,
  body: noBody,
  async run({ store, clock }, { slot, params }) {
    const grant = await store.revokeGrant(slot.id, params["grant_id"] ?? "", clock.now());
    return grant === undefined ? unknownGrant() : json(200, rowOf(grant));
  },
});
