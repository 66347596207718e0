/** What pair-host and pair-join both take. See docs/protocol/cli.md §6.2. */
import { z } from "zod";

export const DEFAULT_TIMEOUT_S = 300;

export const PairOptions = {
  /** Our own mailbox's, if none is named. */
  relay: z.string().optional(),
  /** Confirm the digits without asking; recorded as unproved. */
  yes: z.boolean().optional(),
  /** Seconds to wait for the peer to come, and again for it to confirm; PAIR_LIFE_MS bounds both. */
  timeout: z.number().min(0).max(86_400).optional(),
  /** Leave it to the daemon. */
  detach: z.boolean().optional(),
};

/** A code of the form of 0.5.19, which the relay can guess. */
export const compat = z.boolean().optional();
