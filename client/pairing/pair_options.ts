/** What pair-host and pair-join both take. See docs/protocol/cli.md §6.2. */
import { z } from "zod";
import { PAIR_LIFE_MS } from "../../protocol/pairing/pair_state.ts";

export const DEFAULT_TIMEOUT_S = 300;

export const PairOptions = {
  relay: z.string(),
  /** Confirm the digits without asking; recorded as unproved. */
  yes: z.boolean().optional(),
  /** Seconds to wait for the peer to come, and again for it to confirm. */
  timeout: z.number().min(0).max(PAIR_LIFE_MS / 1_000).optional(),
  /** Leave it to the daemon. */
  detach: z.boolean().optional(),
};
