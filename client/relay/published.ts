/** What became of one event of a batch. Pure. See docs/protocol/extensions.md §3. */
import { z } from "zod";
import type { PublishResult } from "../../protocol/schemas/ws_frames.ts";

export type Published =
  | {
    readonly tag: "stored" | "duplicate";
    /** First 32 hex digits of SHA-256 of what the relay holds under that id, where it tells. */
    readonly digest: string | undefined;
    /** Whether the owner's ack has passed it, where the relay tells: to grants. */
    readonly fetched: boolean | undefined;
    /** Of any shape: to be checked (protocol/receipt.ts). */
    readonly receipt: unknown;
  }
  /** What a request of its own would have been answered. */
  | { readonly tag: "refused"; readonly http: number; readonly message: string };

const Refused = z.looseObject({ error: z.looseObject({ http: z.int(), message: z.string() }) });
const Taken = z.looseObject({
  status: z.enum(["stored", "duplicate"]),
  digest: z.string().optional(),
  fetched: z.boolean().optional(),
  receipt: z.unknown().optional(),
});

/** @param result which fits its schema */
export function publishedOf(result: PublishResult): Published {
  const refused = Refused.safeParse(result);
  if (refused.success) {
    const { http, message } = refused.data.error;
    return { tag: "refused", http, message };
  }
  const { status, digest, fetched, receipt } = Taken.parse(result);
  return { tag: status, digest, fetched, receipt };
}
