/** Gives up a pairing of this home. See docs/protocol/extensions.md §14 ruling 11. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import type { Operation } from "../operation.ts";
import { advance } from "../pairing/pair_driver.ts";

const PairCancelInput = z.object({ code: z.string() });
const PairCancelOutput = z.object({ code_phrase: z.string(), state: z.literal("cancelled") });

/** How long the relay may take to hear of it; the daemon goes on telling it. */
const TELL_RELAY_MS = 10_000;

/**
 * The record stays for an hour as `aborted`, so that whoever watches it sees how it ended.
 * @throws {WireError} usage; not_found, also when it was finished in the meantime
 */
export const pairCancel = {
  input: PairCancelInput,
  output: PairCancelOutput,
  async run(context, { code: phrase }) {
    const code = parseCodePhrase(phrase);
    const { state } = await advance(context, code, { tag: "cancelled" }, {
      signal: context.platform.clock.timeout(TELL_RELAY_MS),
      notify: "nobody",
      only: "ending",
    });
    if (state === undefined) {
      throw new WireError("not_found", `no pending pair for code ${code}`);
    }
    const after = await context.home.pendingPairs.read(code);
    if (after?.status.startsWith("aborted") !== true) {
      throw new WireError("conflict", `pair ${code} could not be cancelled (${state.tag})`);
    }
    return { code_phrase: code, state: "cancelled" };
  },
} satisfies Operation<typeof PairCancelInput, typeof PairCancelOutput>;
