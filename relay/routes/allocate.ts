import { isSlotId } from "../../protocol/ids.ts";
import { WireError } from "../../protocol/errors.ts";
import { AllocateRequest } from "../../protocol/schemas/relay_api.ts";
import { tokenHash } from "../auth.ts";
import { json } from "../exchange.ts";
import { jsonBody, noQuery } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

const ID_BYTES = 16;
const TOKEN_BYTES = 32;

const posted = jsonBody(AllocateRequest);

/** docs/protocol/relay.md §5.2, docs/protocol/extensions.md §2. The token is answered once; the store keeps its hash. */
export const allocate: Route = publicRoute({
  method: "POST",
  path: "/v1/slot/allocate",
  isCreating: true,
  query: noQuery,
  body: posted,
  async run({ store, random, clock }, { body }) {
    const id = random.bytes(ID_BYTES).toHex();
    const token = random.bytes(TOKEN_BYTES).toHex();
    if (!isSlotId(id)) throw new WireError("internal", "Cannot make a slot id");
    const isMade = await store.create({
      id,
      tokenHash: tokenHash(token),
      createdAt: clock.now(),
      class: body.grants === true ? "owner" : "shared",
    });
    if (!isMade) return json(503, { error: "relay slot capacity reached" });
    return json(201, { slot_id: id, slot_token: token });
  },
});
