/** Frees a code on a relay; needs no record here. See docs/protocol/pairing.md §12. */
import { z } from "zod";
import { codeHash, parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import { relayUrlOf } from "../mailbox.ts";
import type { Operation } from "../operation.ts";

/** Where 0.5.19 pairs unless it is told otherwise. */
const DEFAULT_RELAY = "https://wireup.net";

const PairAbandonInput = z.object({ code: z.string(), relay: z.string().optional() });
const PairAbandonOutput = z.object({ code_phrase: z.string(), relay_url: z.string() });

/** Succeeds for unknown codes too. @throws {WireError} usage, unreachable, relay_status */
export const pairAbandon = {
  input: PairAbandonInput,
  output: PairAbandonOutput,
  async run(context, { code: phrase, relay = DEFAULT_RELAY }) {
    const code = parseCodePhrase(phrase);
    const relayUrl = relayUrlOf(relay);
    await context.relay(relayUrl).pairAbandon(codeHash(code));
    return { code_phrase: code, relay_url: relayUrl };
  },
} satisfies Operation<typeof PairAbandonInput, typeof PairAbandonOutput>;
