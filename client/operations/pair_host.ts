/** Begins a pairing: makes the code. See docs/protocol/cli.md §6.2 and §6.3. */
import { z } from "zod";
import { CODE_RANDOM_BYTES, codeHash, makeCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import { relayUrlOf } from "../mailbox.ts";
import type { StreamOperation } from "../operation.ts";
import { queuePairing } from "../pairing/detached.ts";
import { pairInForeground } from "../pairing/foreground.ts";
import { PairOutput } from "../pairing/pair_progress.ts";
import { DEFAULT_TIMEOUT_S, PairOptions } from "../pairing/pair_options.ts";

const PairHostInput = z.object(PairOptions);

/**
 * Yields progress, then the result; with `detach` only what was queued.
 * @throws {WireError} not_initialized, usage; and as pairInForeground
 */
export const pairHost = {
  input: PairHostInput,
  output: PairOutput,
  async *stream(context, { relay, yes = false, timeout = DEFAULT_TIMEOUT_S, detach }, signal) {
    const relayUrl = relayUrlOf(relay);
    await context.home.readIdentity();
    const code = makeCodePhrase(context.platform.random.bytes(CODE_RANDOM_BYTES));
    const about = { code, codeHash: codeHash(code), role: "host", relayUrl } as const;
    if (detach === true) yield await queuePairing(context, about);
    else yield* pairInForeground(context, { about, yes, timeoutS: timeout }, signal);
  },
} satisfies StreamOperation<typeof PairHostInput, typeof PairOutput>;
