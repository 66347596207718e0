import { z } from "zod";
import { pairConfirm } from "../../client/operations/pair_confirm.ts";
import { PairForm } from "../../client/pairing/pair_listing.ts";
import { startDaemon } from "../../client/pairing/detached.ts";
import { findPair } from "../../client/pairing/find_pair.ts";
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import { digitsThatCount, HeldAnswer, passing } from "../held.ts";
import { defineTool, ENDS } from "../tool.ts";

const Confirmed = z.object({
  code_phrase: z.string(),
  state: z.literal("confirmed"),
  form: PairForm,
  next: z.string(),
});

export const tool = defineTool({
  name: "wire_pair_confirm_detached",
  title: "Confirm a pending pairing",
  description:
    "As wire_pair_confirm, for a pairing of wire_pair_list_pending: user_typed_digits must be what your " +
    "OPERATOR typed from the PEER's screen, never from a tool's output.",
  input: z.object({ code_phrase: z.string(), user_typed_digits: z.string() }),
  output: z.union([Confirmed, HeldAnswer]),
  effects: ENDS,
  async run(call, { code_phrase: code, user_typed_digits }) {
    const { context, host, signal } = call;
    const found = await findPair(context, code);
    if (found === undefined) {
      throw new WireError("not_found", `no pending pair for code ${quote(code)}`);
    }
    const { status, relay_url, role } = found.listing;
    if (status !== "sas_ready") {
      throw new WireError("conflict", `not in sas_ready state (current: ${status})`);
    }
    const subject = { code: found.listing.code, relay_url, role };
    const consented = await host.consent.ask({ op: "sas_confirm", subject }, signal);
    if (consented.tag === "held") return { ...consented.held };
    const digits = digitsThatCount(call, consented, user_typed_digits);
    const output = await pairConfirm.run(passing(call, consented), { code, digits });
    if (output.state === "aborted") {
      throw new WireError("sas_mismatch", "digits mismatch: the pairing is over");
    }
    await startDaemon(context);
    const { code_phrase, state, form } = output;
    return {
      code_phrase,
      state,
      form,
      next: "The daemon finishes it; wire_peers shows the peer then.",
    };
  },
});
