/**
 * The operator's confirmation of a detached pairing: the digits of the peer's screen.
 * See docs/protocol/pairing.md §12.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import { checkTypedDigits, isSasDigits, SAS_DIGITS } from "../../protocol/pairing/sas.ts";
import type { CodePhrase } from "../../protocol/ids.ts";
import type { ClientContext } from "../context.ts";
import type { Operation } from "../operation.ts";
import { advance } from "../pairing/pair_driver.ts";

const PairConfirmInput = z.object({ code: z.string(), digits: z.string() });

const PairConfirmOutput = z.union([
  z.object({ code_phrase: z.string(), state: z.literal("confirmed") }),
  z.object({
    code_phrase: z.string(),
    error: z.literal("digits mismatch"),
    state: z.literal("aborted"),
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
  async run(context, { code: phrase, digits }) {
    const { clock, terminal } = context.platform;
    const code = parseCodePhrase(phrase);
    const sas = await readyDigits(context, code, digits);
    const proof = terminal.stdin.isTerminal ? "typed" : "unproved";
    const typed = { tag: "digitsTyped", digits, proof, now: clock.now() } as const;
    const { state } = await advance(context, code, typed, {
      signal: clock.timeout(TELL_RELAY_MS),
      notify: "desktop",
      only: "ending",
    });
    if (state?.tag === "confirmed") return { code_phrase: code, state: "confirmed" };
    if (state?.tag !== "aborted" || checkTypedDigits(digits, sas).tag !== "different") {
      throw notReady(code, state?.tag ?? "gone");
    }
    return { code_phrase: code, error: "digits mismatch", state: "aborted" };
  },
} satisfies Operation<typeof PairConfirmInput, typeof PairConfirmOutput>;

/** The checks of pairing.md §12, in its order. @returns our own digits */
async function readyDigits(
  { home }: ClientContext,
  code: CodePhrase,
  digits: string,
): Promise<string> {
  const count = digits.replace(/[^0-9]/g, "").length;
  if (count !== SAS_DIGITS) {
    const problem = `expected 6 digits (got ${count} after stripping non-digits)`;
    throw new WireError("usage", problem);
  }
  const record = await home.pendingPairs.read(code);
  if (record === undefined) {
    throw new WireError("not_found", `no pending pair found for code ${code}`);
  }
  if (record.status !== "sas_ready") throw notReady(code, record.status);
  if (!isSasDigits(record.sas)) {
    throw new WireError("unreadable", `pending pair ${code} has no digits`);
  }
  return record.sas;
}

const notReady = (code: CodePhrase, status: string): WireError =>
  new WireError(
    "conflict",
    `pair ${code} not in sas_ready state (current: ${status}). ` +
      "Run `wire pair-list` to see what's going on.",
  );
