/** What a pairing answers that the daemon drives. */
import { z } from "zod";
import { PairForm } from "../../client/pairing/pair_listing.ts";
import type { PairOutput } from "../../client/pairing/pair_progress.ts";
import { WireError } from "../../protocol/errors.ts";

export const QueuedAnswer = z.object({
  code_phrase: z.string(),
  relay_url: z.string(),
  state: z.literal("queued"),
  expires_at: z.string(),
  form: PairForm,
  next: z.string(),
});

/** @param next what the agent does then */
export async function queued(
  outputs: AsyncIterable<PairOutput>,
  next: string,
): Promise<z.output<typeof QueuedAnswer>> {
  for await (const output of outputs) {
    if (!("daemon_spawned" in output)) continue;
    const { code_phrase, relay_url, state, expires_at, form } = output;
    return { code_phrase, relay_url, state, expires_at, form, next };
  }
  throw new WireError("internal", "a detached pairing ended without an answer");
}
