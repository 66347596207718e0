import { z } from "zod";
import { verifiedText } from "../../client/operations/verify.ts";
import { isEventId } from "../../protocol/ids.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { printJson } from "../../protocol/json/print.ts";
import { isJsonObject, withMembers } from "../../protocol/json/value.ts";
import { WireError } from "../../protocol/errors.ts";
import { ADDED_MEMBERS } from "../peer_event.ts";
import { signedEvent } from "../received.ts";
import { defineTool, READS } from "../tool.ts";

/** M19: `{verified, reason?}`. */
export const tool = defineTool({
  name: "wire_verify",
  title: "Check a signature",
  description: "Whether a signed event is what its pinned signer signed.",
  input: z.object({
    event: z.string().describe("The event as JSON, also as wire_tail shows it, or its id"),
  }),
  output: z.object({ verified: z.boolean(), reason: z.string().optional() }),
  effects: READS,
  async run({ context }, { event }) {
    const text = isEventId(event) ? (await signedEvent(context, event)).text : asSigned(event);
    return await verifiedText(context.home, text, "the event");
  },
});

/** Without what wire_tail added. @throws {WireError} bad_json */
function asSigned(text: string): string {
  try {
    const value = parseJson(text);
    if (!isJsonObject(value)) return text;
    const none = ADDED_MEMBERS.map((name) => [name, undefined] as const);
    return printJson(withMembers(value, Object.fromEntries(none)));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new WireError("bad_json", `invalid event JSON: ${error.message}`, { cause: error });
  }
}
