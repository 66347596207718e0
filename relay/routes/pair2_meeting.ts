/** What a side of a pair/2 meeting does with its token: docs/protocol/extensions.md §10. */
import { fromBase64Strict } from "../../protocol/identity/encoding.ts";
import { Pair2PutRequest, type Pair2View as ViewReply } from "../../protocol/schemas/pair2_api.ts";
import { isPhase, PHASES } from "../../protocol/pair2/event.ts";
import { json, type RelayReply } from "../exchange.ts";
import type { Credentials } from "../auth.ts";
import type { Pair2Slots, Seated } from "../pair2_slots.ts";
import { jsonBody, noBody, noQuery, type Read } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";
import { seated } from "./pair2_claim.ts";

const SCHEME = "Bearer ";
/** Of a body in base64. */
const MAX_BODY_BYTES = 64 * 1024;

/** As for slots: 401 first, so that it never tells whether a meeting exists. */
export async function sideOf(
  pairs: Pair2Slots,
  pairId: string,
  request: Credentials,
): Promise<Read<Seated>> {
  const header = request.header("authorization") ?? "";
  if (!header.startsWith(SCHEME)) {
    return { ok: false, reply: json(401, { error: "missing Bearer token" }) };
  }
  if (!await pairs.exists(pairId)) {
    return { ok: false, reply: json(404, { error: "unknown pair_id" }) };
  }
  const side = await pairs.sideOf(pairId, header.slice(SCHEME.length));
  if (side === undefined) return { ok: false, reply: json(403, { error: "bad token" }) };
  return { ok: true, value: side };
}

const closed = (): RelayReply => json(410, { error: "pairing closed" });

export function shown(pairs: Pair2Slots, side: Seated): RelayReply {
  const view = pairs.look(side);
  const peer: Record<string, string> = {};
  for (const phase of PHASES.toSorted()) {
    const body = view.peer[phase];
    if (body !== undefined) peer[phase] = body;
  }
  return json(
    200,
    {
      closed: view.closed,
      expires_at: view.expiresAt,
      joined: view.joined,
      peer,
      side: view.side,
    } satisfies ViewReply,
  );
}

/** What the other side has left. Reading is not consuming. */
export const pair2Look: Route = publicRoute({
  method: "GET",
  path: "/v1/pair2/:place",
  query: noQuery,
  body: noBody,
  async run({ pairs2 }, { params, request }) {
    const side = await sideOf(pairs2, params["place"] ?? "", request);
    return side.ok ? shown(pairs2, side.value) : side.reply;
  },
});

/** Idempotent: what is closed stays as it was closed. */
export const pair2Close: Route = publicRoute({
  method: "DELETE",
  path: "/v1/pair2/:place",
  query: noQuery,
  body: noBody,
  async run({ pairs2 }, { params, request }) {
    const side = await sideOf(pairs2, params["place"] ?? "", request);
    if (!side.ok) return side.reply;
    return shown(pairs2, await pairs2.close(side.value));
  },
});

const posted = jsonBody(Pair2PutRequest);

/** The same bytes again are 200, others 409: a phase is said once. */
export const pair2Put: Route = publicRoute({
  method: "PUT",
  path: "/v1/pair2/:place/:step",
  query: noQuery,
  body: posted,
  async run({ pairs2 }, { params, request, body: { body } }) {
    const side = await sideOf(pairs2, params["place"] ?? "", request);
    if (!side.ok) return side.reply;
    const phase = params["step"] ?? "";
    if (!isPhase(phase)) return json(404, { error: "unknown phase" });
    if (body.length > MAX_BODY_BYTES) {
      return json(413, { error: "phase body exceeds 64 KiB", max_bytes: MAX_BODY_BYTES });
    }
    if (fromBase64Strict(body) === undefined) return json(400, { error: "body is not base64" });
    switch (await pairs2.put(side.value, phase, body)) {
      case "stored":
        return json(201, { phase });
      case "same":
        return json(200, { phase });
      case "differs":
        return json(409, { error: `${side.value.side} already sent another ${phase}` });
      case "closed":
        return closed();
      case "full":
        return json(503, { error: "relay pair-slot capacity reached" });
    }
  },
});

/** The host shuts out a guest that does not go on. Twice at most. */
export const pair2Reopen: Route = publicRoute({
  method: "POST",
  path: "/v1/pair2/:place/:step",
  query: noQuery,
  body: noBody,
  async run({ pairs2 }, { params, request }) {
    if (params["step"] !== "reopen") return json(404, { error: "unknown step" });
    const side = await sideOf(pairs2, params["place"] ?? "", request);
    if (!side.ok) return side.reply;
    const reopened = await pairs2.reopen(side.value);
    switch (reopened.tag) {
      case "seated":
        return seated(reopened.seat);
      case "closed":
        return closed();
      case "spent":
        return json(409, { error: "this code was opened three times" });
      case "full":
        return json(503, { error: "relay pair-slot capacity reached" });
      case "not_host":
        return json(403, { error: "only the host may open a code anew" });
    }
  },
});
