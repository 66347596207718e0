/** Gives up a pairing of this home, of either form. See docs/protocol/extensions.md §14 ruling 11. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { advance2 } from "../pair2/driver.ts";
import { findRecord2, meansPair2, shownCode } from "../pair2/records.ts";
import type { AdvanceOptions } from "../pairing/drive.ts";
import { advance } from "../pairing/pair_driver.ts";
import { PairForm } from "../pairing/pair_listing.ts";

const PairCancelInput = z.object({ code: z.string() });
const PairCancelOutput = z.object({
  code_phrase: z.string(),
  state: z.literal("cancelled"),
  form: PairForm,
});
type Cancelled = z.output<typeof PairCancelOutput>;

/** How long the relay may take to hear of it; the daemon goes on telling it. */
const TELL_RELAY_MS = 10_000;

/**
 * The record stays for an hour as `aborted`, so that whoever watches it sees how it ended.
 * @throws {WireError} usage; not_found, also when it was finished in the meantime
 */
export const pairCancel = {
  input: PairCancelInput,
  output: PairCancelOutput,
  async run(context, { code }) {
    const signal = context.platform.clock.timeout(TELL_RELAY_MS);
    const options = { signal, notify: "nobody", only: "ending" } as const;
    return meansPair2(code)
      ? await cancelPair2(context, code, options)
      : await cancelOld(context, code, options);
  },
} satisfies Operation<typeof PairCancelInput, typeof PairCancelOutput>;

async function cancelOld(
  context: ClientContext,
  phrase: string,
  options: AdvanceOptions,
): Promise<Cancelled> {
  const code = parseCodePhrase(phrase);
  const unknown = () => new WireError("not_found", `no pending pair for code ${code}`);
  // A code that nobody has leaves no lock behind.
  if (await context.home.pendingPairs.read(code) === undefined) throw unknown();
  const { state } = await advance(context, code, { tag: "cancelled" }, options);
  if (state === undefined) throw unknown();
  const after = await context.home.pendingPairs.read(code);
  if (after?.status.startsWith("aborted") !== true) throw notCancelled(code, state.tag);
  return { code_phrase: code, state: "cancelled", form: "0.5.19" };
}

async function cancelPair2(
  context: ClientContext,
  code: string,
  options: AdvanceOptions,
): Promise<Cancelled> {
  const found = await findRecord2(context, code);
  if (found === undefined) throw new WireError("not_found", `no pending pair for code ${code}`);
  const { state } = await advance2(context, found.id, { tag: "cancelled" }, options);
  if (state?.tag !== "ended") throw notCancelled(code, state?.tag ?? "gone");
  return { code_phrase: shownCode(found.state), state: "cancelled", form: "pair/2" };
}

const notCancelled = (code: string, status: string): WireError =>
  new WireError("conflict", `pair ${code} could not be cancelled (${status})`);
