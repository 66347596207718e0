/** Joins a pairing with the host's code. See docs/protocol/cli.md §6.2 and §6.3. */
import { z } from "zod";
import { codeHash, parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import { relayUrlOf } from "../mailbox.ts";
import type { StreamOperation } from "../operation.ts";
import { queuePairing } from "../pairing/detached.ts";
import { pairInForeground } from "../pairing/foreground.ts";
import { PairOutput } from "../pairing/pair_progress.ts";
import { DEFAULT_TIMEOUT_S, PairOptions } from "../pairing/pair_options.ts";

const PairJoinInput = z.object({ code: z.string(), ...PairOptions });

/**
 * Yields progress, then the result; with `detach` only what was queued. The same code again goes on
 * with what an earlier attempt began.
 * @throws {WireError} not_initialized, usage; and as pairInForeground
 */
export const pairJoin = {
  input: PairJoinInput,
  output: PairOutput,
  async *stream(context, input, signal) {
    const { relay, yes = false, timeout = DEFAULT_TIMEOUT_S, detach } = input;
    const code = parseCodePhrase(input.code);
    const relayUrl = relayUrlOf(relay);
    await context.home.readIdentity();
    const about = { code, codeHash: codeHash(code), role: "guest", relayUrl } as const;
    if (detach === true) yield await queuePairing(context, about);
    else yield* pairInForeground(context, { about, yes, timeoutS: timeout }, signal);
  },
} satisfies StreamOperation<typeof PairJoinInput, typeof PairOutput>;
