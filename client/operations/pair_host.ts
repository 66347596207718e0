/**
 * Begins a pairing: makes the code, of the form pair/2 unless another is asked for.
 * See docs/protocol/cli.md §6.2 and §6.3, docs/protocol/extensions.md §10.
 */
import { z } from "zod";
import { BYTES_PER_WORD, drawWords } from "../../protocol/pair2/words.ts";
import { CODE_RANDOM_BYTES, codeHash, makeCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import type { StreamOperation } from "../operation.ts";
import { queuePair2 } from "../pair2/detached2.ts";
import { pair2InForeground } from "../pair2/foreground2.ts";
import { queuePairing } from "../pairing/detached.ts";
import { pairInForeground } from "../pairing/foreground.ts";
import { meetingRelay } from "../pairing/meeting_relay.ts";
import { PairOutput } from "../pairing/pair_progress.ts";
import { compat, DEFAULT_TIMEOUT_S, PairOptions } from "../pairing/pair_options.ts";

const DEFAULT_WORDS = 3;

const PairHostInput = z.object({
  ...PairOptions,
  compat,
  /** Words of the code: 33 bits or 44. */
  words: z.int().min(3).max(4).optional(),
}).refine(
  ({ compat, words }) => compat !== true || words === undefined,
  "words: a code of 0.5.19 has none",
);

/** What a code of 0.5.19 costs. */
export const COMPAT_WARNING =
  "warn: --compat makes a code of 0.5.19: whoever runs the relay can guess it and sit in the middle. " +
  "Compare the identity check by voice at the end";

/**
 * Yields progress, then the result; with `detach` only what was queued.
 * @throws {WireError} not_initialized, usage; refused, if the relay does not offer pair/2; and as
 * pair2InForeground and pairInForeground
 */
export const pairHost = {
  input: PairHostInput,
  output: PairOutput,
  async *stream(context, input, signal) {
    const { relay, yes = false, timeout = DEFAULT_TIMEOUT_S, detach } = input;
    const relayUrl = await meetingRelay(context, relay);
    await context.home.readIdentity();
    const { random } = context.platform;
    if (input.compat === true) {
      context.warn(COMPAT_WARNING);
      const code = makeCodePhrase(random.bytes(CODE_RANDOM_BYTES));
      const about = { code, codeHash: codeHash(code), role: "host", relayUrl } as const;
      if (detach === true) yield await queuePairing(context, about);
      else yield* pairInForeground(context, { about, yes, timeoutS: timeout }, signal);
      return;
    }
    const words = drawWords(random.bytes((input.words ?? DEFAULT_WORDS) * BYTES_PER_WORD));
    const begin = { side: "host", relayUrl, words } as const;
    if (detach === true) yield await queuePair2(context, begin, signal);
    else yield* pair2InForeground(context, { begin, yes, timeoutS: timeout }, signal);
  },
} satisfies StreamOperation<typeof PairHostInput, typeof PairOutput>;
