/** How this home is doing, one peer's mailbox, or one message of ours. See docs/protocol/cli.md §4. */
import { z } from "zod";
import { MessageStatus, messageStatus } from "../delivery/message_status.ts";
import type { Operation } from "../operation.ts";
import { peerKey } from "../peer_view.ts";
import { HomeStatus, statusOfHome } from "../status_of_home.ts";
import { PeerStatus, statusOfPeer } from "../status_of_peer.ts";

const StatusInput = z.object({
  /** Report on this peer's mailbox instead of this home. */
  peer: z.string().optional(),
  /** Report on this message of ours instead: its id, or the beginning of it. */
  message: z.string().optional(),
}).refine(
  ({ peer, message }) => peer === undefined || message === undefined,
  "expected a message or --peer, not both",
);

const StatusOutput = z.union([
  HomeStatus,
  z.object({ initialized: z.literal([false]) }),
  PeerStatus,
  MessageStatus,
]);

/** @throws {WireError} unreadable, naming the file; not_found, for an unknown peer or message */
export const status = {
  input: StatusInput,
  output: StatusOutput,
  async run(context, { peer, message }) {
    if (message !== undefined) return await messageStatus(context, message);
    if (peer !== undefined) return await statusOfPeer(context, peerKey(peer));
    if (!await context.home.isInitialized()) return { initialized: false as const };
    return await statusOfHome(context);
  },
} satisfies Operation<typeof StatusInput, typeof StatusOutput>;
