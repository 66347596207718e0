/**
 * Frees a code on a relay. The old form needs no record here; a place of pair/2 opens only to the side
 * that holds its token. See docs/protocol/pairing.md §12 and docs/protocol/extensions.md §10.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { codeHash, parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import { relayUrlOf } from "../mailbox.ts";
import type { Operation } from "../operation.ts";
import { findRecord2, meansPair2, shownCode } from "../pair2/records.ts";
import { PairForm } from "../pairing/pair_listing.ts";
import { pairCancel } from "./pair_cancel.ts";

/** Where 0.5.19 pairs unless it is told otherwise. */
const DEFAULT_RELAY = "https://wireup.net";

const PairAbandonInput = z.object({ code: z.string(), relay: z.string().optional() });
const PairAbandonOutput = z.object({
  code_phrase: z.string(),
  relay_url: z.string(),
  form: PairForm,
});

/**
 * Succeeds for unknown codes of the old form, too.
 * @throws {WireError} usage, unreachable, relay_status; not_found, for a pair/2 code of another home
 */
export const pairAbandon = {
  input: PairAbandonInput,
  output: PairAbandonOutput,
  async run(context, { code: phrase, relay = DEFAULT_RELAY }) {
    if (meansPair2(phrase)) {
      const found = await findRecord2(context, phrase);
      if (found === undefined || !("about" in found.state)) {
        throw new WireError("not_found", `no pending pair for code ${phrase}`, {
          hint: "only the two sides of a pair/2 code can end it; it expires by itself",
        });
      }
      await pairCancel.run(context, { code: phrase });
      const { relayUrl } = found.state.about;
      return { code_phrase: shownCode(found.state), relay_url: relayUrl, form: "pair/2" };
    }
    const code = parseCodePhrase(phrase);
    const relayUrl = relayUrlOf(relay);
    await context.relay(relayUrl).pairAbandon(codeHash(code));
    return { code_phrase: code, relay_url: relayUrl, form: "0.5.19" };
  },
} satisfies Operation<typeof PairAbandonInput, typeof PairAbandonOutput>;
