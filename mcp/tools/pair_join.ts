import { z } from "zod";
import { pairJoin } from "../../client/operations/pair_join.ts";
import { isPair2Shape, parsePair2Code } from "../../protocol/pair2/code.ts";
import { parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import {
  ensureIdentity,
  meetingRelay,
  openedAnswer,
  type Opening,
  SessionAnswer,
} from "../pairing/open.ts";
import { PairSessions } from "../pairing/sessions.ts";
import { ADDS_ANEW, defineTool } from "../tool.ts";

export const tool = defineTool({
  name: "wire_pair_join",
  title: "Join a pairing",
  description:
    "Join a pairing with the code that the peer's operator read out. Then as wire_pair_initiate.",
  input: z.object({
    code_phrase: z.string().describe("The code"),
    handle: z.string().optional().describe("Makes the identity if there is none"),
    relay_url: z.string().optional().describe("The relay on which the code was made"),
    max_wait_secs: z.int().min(0).max(60).default(30).describe("Wait so long for the digits"),
  }),
  output: SessionAnswer,
  effects: ADDS_ANEW,
  async run(call, { code_phrase, handle, relay_url, max_wait_secs }) {
    if (isPair2Shape(code_phrase)) parsePair2Code(code_phrase);
    else parseCodePhrase(code_phrase);
    await ensureIdentity(call.context, handle);
    const relay = await meetingRelay(call.context, relay_url);
    const input = pairJoin.input.parse({ code: code_phrase, relay, timeout: PairSessions.lifeS });
    const drive: Opening["drive"] = (own, stop) => pairJoin.stream(own, input, stop);
    return await openedAnswer(call, { relay, drive, maxWaitMs: max_wait_secs * 1_000 });
  },
});
