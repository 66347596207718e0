import { z } from "zod";
import { send } from "../../client/operations/send.ts";
import { startDaemon } from "../../client/pairing/detached.ts";
import { WireError } from "../../protocol/errors.ts";
import { JsonError, parseJson } from "../../protocol/json/parse.ts";
import type { Json } from "../../protocol/json/value.ts";
import { ADDS, defineTool } from "../tool.ts";

/** M3 and ruling 4: the same again within two minutes is the same message. M21: `check_cap`. */
export const tool = defineTool({
  name: "wire_send",
  title: "Send a message",
  description:
    "Sign a message and queue it for a peer; the daemon delivers it. `queued` is not delivered: ask " +
    "wire_status. Repeating an equal message within two minutes sends nothing new.",
  input: z.object({
    peer: z.string().describe("Handle of a peer"),
    kind: z.string().describe("claim, decision, ack, question or another kind's name or number"),
    body: z.string().describe("JSON, else text"),
    time_sensitive_until: z.string().optional().describe("RFC 3339, or 30m, 2h, 1d from now"),
    again: z.boolean().optional().describe("Send it although an equal one was just sent"),
    thread: z.string().optional().describe("Thread it belongs to, or `new`"),
    reply_to: z.string().optional().describe("Id of the message that it answers"),
    check_cap: z.string().optional().describe("Only if the peer's card has this capability"),
  }),
  output: send.output,
  effects: ADDS,
  async run({ context }, { body, time_sensitive_until, check_cap, reply_to, ...message }) {
    const sent = await send.run(context, {
      ...message,
      value: valueOf(body),
      deadline: time_sensitive_until,
      checkCap: check_cap,
      replyTo: reply_to,
    });
    await startDaemon(context);
    return sent;
  },
});

/** As 0.5.19 reads it: what is JSON is that value, all else is text. Never a file. */
function valueOf(body: string): Json {
  try {
    return parseJson(body);
  } catch (error) {
    if (error instanceof JsonError || error instanceof WireError) return body;
    throw error;
  }
}
