import { z } from "zod";
import { pairHost } from "../../client/operations/pair_host.ts";
import {
  ensureIdentity,
  meetingRelay,
  openedAnswer,
  type Opening,
  SessionAnswer,
} from "../pairing/open.ts";
import { PairSessions } from "../pairing/sessions.ts";
import { ADDS_ANEW, defineTool } from "../tool.ts";

/** M4: answers as soon as there is a code. Ruling 10: `compat`, and which form it has. */
export const tool = defineTool({
  name: "wire_pair_initiate",
  title: "Begin a pairing",
  description:
    "Begin a pairing: gives a code for the peer's operator. Then wire_pair_check until the six digits " +
    "are there, then wire_pair_confirm with what your operator types.",
  input: z.object({
    handle: z.string().optional().describe("Makes the identity if there is none"),
    relay_url: z.string().optional().describe(
      "Where to meet; the relay of the mailbox if left out",
    ),
    max_wait_secs: z.int().min(0).max(60).default(0).describe("Wait so long for the peer to join"),
    compat: z.boolean().optional().describe("A code of 0.5.19, which the relay can guess"),
  }),
  output: SessionAnswer,
  effects: ADDS_ANEW,
  async run(call, { handle, relay_url, max_wait_secs, compat }) {
    await ensureIdentity(call.context, handle);
    const relay = await meetingRelay(call.context, relay_url);
    const input = pairHost.input.parse({ relay, compat, timeout: PairSessions.lifeS });
    const drive: Opening["drive"] = (own, stop) => pairHost.stream(own, input, stop);
    return await openedAnswer(call, { relay, drive, maxWaitMs: max_wait_secs * 1_000 });
  },
});
