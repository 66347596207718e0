/** One step of `wire up`: what is so now, as read again after the work. See docs/protocol/cli.md §7.3. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";

export const UpStep = z.object({
  stage: z.enum(["init", "bind-relay", "local-relay", "claim", "card", "daemon", "ready"]),
  /** For people. */
  detail: z.string(),
  /**
   * `already`: nothing was changed. `skipped`: not asked for. `warning`: it is not so, and the detail says
   * why.
   */
  status: z.enum(["done", "already", "skipped", "warning"]),
});
export type UpStep = z.output<typeof UpStep>;

/** A failure in one line, with what to do next where the error knows that. */
export function inWords(error: WireError): string {
  const hint = error.hint?.split("\n").join("; ");
  return hint === undefined ? error.message : `${error.message} (${hint})`;
}

/** @returns what a failed step says; whatever is no WireError is thrown on */
export function warningOf(stage: UpStep["stage"], error: unknown, before = ""): UpStep {
  if (!(error instanceof WireError)) throw error;
  return { stage, detail: `WARNING ${before}${inWords(error)}`, status: "warning" };
}
