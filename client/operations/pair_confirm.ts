/**
 * The operator's confirmation of a detached pairing of either form: the digits of the peer's screen.
 * See docs/protocol/pairing.md §12.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { checkTypedDigits, isSasDigits, SAS_DIGITS } from "../../protocol/pairing/sas.ts";
import { passDigits } from "../consent/pass.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { advance2 } from "../pair2/driver.ts";
import { status2 } from "../pair2/listing.ts";
import { findPair, type FoundPair } from "../pairing/find_pair.ts";
import { advance } from "../pairing/pair_driver.ts";
import { PairForm } from "../pairing/pair_listing.ts";

const PairConfirmInput = z.object({ code: z.string(), digits: z.string() });

const PairConfirmOutput = z.union([
  z.object({ code_phrase: z.string(), state: z.literal("confirmed"), form: PairForm }),
  z.object({
    code_phrase: z.string(),
    error: z.literal("digits mismatch"),
    state: z.literal("aborted"),
    form: PairForm,
  }),
]);

/** How long a relay may take to hear of a wrong digit; the daemon goes on telling it. */
const TELL_RELAY_MS = 10_000;

/**
 * Other digits end the pairing on both sides and are an answer, `aborted`; a wrong count is an error
 * and changes nothing. Digits that did not come from a terminal count as unproved.
 * @throws {WireError} usage, not_found, conflict
 */
export const pairConfirm = {
  input: PairConfirmInput,
  output: PairConfirmOutput,
  async run(context, { code, digits }) {
    const found = await readyPair(context, code, digits);
    const { code: code_phrase, form, sas } = found.listing;
    const status = await statusAfter(context, found, digits);
    if (status === "confirmed") return { code_phrase, state: "confirmed", form };
    if (status !== "aborted" || checkTypedDigits(digits, sas ?? "").tag !== "different") {
      throw notReady(code_phrase, status);
    }
    return { code_phrase, error: "digits mismatch", state: "aborted", form };
  },
} satisfies Operation<typeof PairConfirmInput, typeof PairConfirmOutput>;

async function statusAfter(
  context: ClientContext,
  { listing, id }: FoundPair,
  digits: string,
): Promise<string> {
  const { clock, terminal } = context.platform;
  const proof = terminal.stdin.isTerminal ? "typed" : "unproved";
  if (checkTypedDigits(digits, listing.sas ?? "").tag === "equal") {
    await passDigits(context, listing.code, proof);
  }
  const typed = { tag: "digitsTyped", digits, proof, now: clock.now() } as const;
  const signal = clock.timeout(TELL_RELAY_MS);
  const options = { signal, notify: "desktop only", only: "ending" } as const;
  if (id === undefined) {
    return (await advance(context, listing.code, typed, options)).state?.tag ?? "gone";
  }
  const { state } = await advance2(context, id, typed, options);
  return state === undefined ? "gone" : status2(state);
}

/** The checks of pairing.md §12, in its order. @returns a pairing that has digits */
async function readyPair(
  context: ClientContext,
  code: string,
  digits: string,
): Promise<FoundPair> {
  const found = await findPair(context, code);
  const count = digits.replace(/[^0-9]/g, "").length;
  if (count !== SAS_DIGITS) {
    const problem = `expected 6 digits (got ${count} after stripping non-digits)`;
    throw new WireError("usage", problem);
  }
  if (found === undefined) {
    throw new WireError("not_found", `no pending pair found for code ${code}`);
  }
  const { listing } = found;
  if (listing.status !== "sas_ready") throw notReady(listing.code, listing.status);
  if (!isSasDigits(listing.sas)) {
    throw new WireError("unreadable", `pending pair ${listing.code} has no digits`);
  }
  return found;
}

const notReady = (code: string, status: string): WireError =>
  new WireError(
    "conflict",
    `pair ${code} not in sas_ready state (current: ${status}). ` +
      "Run `wire pair-list` to see what's going on.",
  );
