import { parseJson } from "../../protocol/json/parse.ts";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  member,
  stringMember,
} from "../../protocol/json/value.ts";
import type { HandleRecord } from "../../store/directory/directory.ts";
import { exactJson, findHandle, handleQuery, rfc3339 } from "../directory_replies.ts";
import { noBody } from "../read.ts";
import { publicRoute, type Route } from "../route.ts";

/** The handle as an A2A agent card: docs/protocol/relay.md §5.12. */
export const wellKnownCard: Route = publicRoute({
  method: "GET",
  path: "/.well-known/agent-card.json",
  query: handleQuery,
  body: noBody,
  async run({ directory }, { query }) {
    const found = await findHandle(directory, query);
    return found.ok ? exactJson(a2aCard(found.value)) : found.reply;
  },
});

const SCHEME = "ed25519-event-sig";

function a2aCard(record: HandleRecord): JsonObject {
  const { nick, did, slotId, relayUrl, claimedAt } = record;
  const parsed = parseJson(record.card);
  const card: JsonObject = isJsonObject(parsed) ? parsed : {};
  const profile = objectMember(card, "profile");
  return {
    id: did,
    name: stringMember(profile ?? {}, "display_name") ?? nick,
    description: stringMember(profile ?? {}, "motto") ?? "",
    version: "wire/0.5",
    endpoint: `${(relayUrl ?? "").replace(/\/+$/, "")}/v1/handle/intro/${nick}`,
    provider: { name: "wire", url: "https://github.com/SlanchaAi/wire" },
    capabilities: { extendedAgentCard: true, pushNotifications: false, streaming: false },
    securitySchemes: {
      [SCHEME]: {
        alg: "EdDSA",
        description: "Ed25519 over the canonical event, by the key in the wire card",
        type: "signature",
      },
    },
    security: [{ [SCHEME]: [] }],
    skills: [],
    extensions: [{
      uri: "https://slancha.ai/wire/ext/v0.5",
      required: false,
      description: "The signed wire card and where its mailbox is",
      params: {
        card,
        claimed_at: rfc3339(claimedAt),
        did,
        handle: nick,
        profile: profile ?? null,
        relay_url: relayUrl,
        slot_id: slotId,
      },
    }],
    signature: member(card, "signature") ?? null,
  };
}

function objectMember(object: JsonObject, name: string): JsonObject | undefined {
  const value: Json | undefined = member(object, name);
  return isJsonObject(value) ? value : undefined;
}
