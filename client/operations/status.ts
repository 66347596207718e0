/** How this home is doing, or one peer's mailbox. See docs/protocol/cli.md §4. */
import { z } from "zod";
import type { Operation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { HomeStatus, statusOfHome } from "../status_of_home.ts";
import { PeerStatus, statusOfPeer } from "../status_of_peer.ts";

const StatusInput = z.object({
  /** Report on this peer's mailbox instead of this home. */
  peer: z.string().optional(),
});

const StatusOutput = z.union([
  HomeStatus,
  z.object({ initialized: z.literal([false]) }),
  PeerStatus,
]);

/** @throws {WireError} unreadable, naming the file; not_found, for an unknown peer */
export const status = {
  input: StatusInput,
  output: StatusOutput,
  async run(context, { peer }) {
    if (peer !== undefined) return await statusOfPeer(context, peerKey(peer));
    if (!await context.home.isInitialized()) return { initialized: false as const };
    return await statusOfHome(context);
  },
} satisfies Operation<typeof StatusInput, typeof StatusOutput>;
