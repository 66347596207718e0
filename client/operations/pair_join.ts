/**
 * Joins a pairing with the host's code; its shape tells which form it has.
 * See docs/protocol/cli.md §6.2 and §6.3, docs/protocol/extensions.md §10.
 */
import { z } from "zod";
import { isPair2Shape, parsePair2Code } from "../../protocol/pair2/code.ts";
import { codeHash, parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import type { StreamOperation } from "../operation.ts";
import { queuePair2 } from "../pair2/detached2.ts";
import { pair2InForeground } from "../pair2/foreground2.ts";
import { queuePairing } from "../pairing/detached.ts";
import { pairInForeground } from "../pairing/foreground.ts";
import { meetingRelay } from "../pairing/meeting_relay.ts";
import { PairOutput } from "../pairing/pair_progress.ts";
import { DEFAULT_TIMEOUT_S, PairOptions } from "../pairing/pair_options.ts";

const PairJoinInput = z.object({
  code: z.string(),
  /** The code stands on a command line, where other users of the machine can read it. */
  codeIsPublic: z.boolean().optional(),
  ...PairOptions,
});

export const PUBLIC_CODE_WARNING =
  "warn: a code on the command line shows in process lists; leave it out to be asked for it";

/**
 * Yields progress, then the result; with `detach` only what was queued. The same code again goes on
 * with what an earlier attempt began.
 * @throws {WireError} not_initialized, usage; refused, if the relay does not offer the code's form;
 * and as pair2InForeground and pairInForeground
 */
export const pairJoin = {
  input: PairJoinInput,
  output: PairOutput,
  async *stream(context, input, signal) {
    const { relay, yes = false, timeout = DEFAULT_TIMEOUT_S, detach, codeIsPublic } = input;
    if (isPair2Shape(input.code)) {
      const code = parsePair2Code(input.code);
      const relayUrl = await meetingRelay(context, relay);
      const begin = { side: "guest", relayUrl, ...code } as const;
      await context.home.readIdentity();
      if (codeIsPublic === true) context.warn(PUBLIC_CODE_WARNING);
      if (detach === true) yield await queuePair2(context, begin, signal);
      else yield* pair2InForeground(context, { begin, yes, timeoutS: timeout }, signal);
      return;
    }
    const code = parseCodePhrase(input.code);
    const relayUrl = await meetingRelay(context, relay);
    await context.home.readIdentity();
    const about = { code, codeHash: codeHash(code), role: "guest", relayUrl } as const;
    if (detach === true) yield await queuePairing(context, about);
    else yield* pairInForeground(context, { about, yes, timeoutS: timeout }, signal);
  },
} satisfies StreamOperation<typeof PairJoinInput, typeof PairOutput>;
