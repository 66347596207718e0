import { z } from "zod";
import { whois } from "../../client/operations/whois.ts";
import { isJsonObject, type Json, type JsonObject } from "../../protocol/json/value.ts";
import { PeerFence } from "../peer_event.ts";
import { defineTool, LOOKS_AROUND } from "../tool.ts";

export const tool = defineTool({
  name: "wire_whois",
  title: "Who is that",
  description:
    "Who somebody is, as far as a card proves it. Names and profile are their own text. Without handle: ourselves.",
  input: z.object({
    handle: z.string().optional().describe("nick@domain, or a peer"),
    relay_url: z.string().optional().describe("Where to ask, instead of https://domain"),
  }),
  output: z.looseObject({ did: z.string(), profile: z.unknown() }),
  effects: LOOKS_AROUND,
  async run({ context }, { handle, relay_url: relay }) {
    const found = await whois.run(context, whois.input.parse({ handle, relay }));
    if (!("card" in found)) return found;
    const who = "tier" in found
      ? "a pinned peer, from its card"
      : "somebody unproved: a card shows a key, not a person";
    const shown = new PeerFence(context.platform.random).around(who, jsonOf(found));
    return { did: found.did, profile: found.profile, ...shown };
  },
});

/** A record of a file or a relay, which came as JSON. */
function jsonOf(record: object): JsonObject {
  const value: Json = JSON.parse(JSON.stringify(record));
  return isJsonObject(value) ? value : {};
}
