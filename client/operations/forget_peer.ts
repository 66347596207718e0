/**
 * Undoes a pairing on our side, and takes back what the peer may do with our mailboxes. The token of
 * a shared mailbox stays good until the mailbox is rotated. See docs/protocol/cli.md §4 and docs/protocol/identity-and-events.md §23.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { agentOf, isSelf, removeAgent, type TrustStore } from "../../protocol/trust/trust.ts";
import { withoutPeer } from "../../store/home/peer_mailbox.ts";
import { monthsOf, moveFile } from "../../store/mail/archived_months.ts";
import { mailFile, mailPaths } from "../../store/mail/mail_paths.ts";
import { filesOfSent } from "../../store/mail/outbox_archive.ts";
import { messageIndexAt } from "../../store/search/message_index.ts";
import type { ClientContext } from "../context.ts";
import { shutOut } from "../grants/shut_out.ts";
import { leftWith } from "../grants/left_with.ts";
import type { Operation } from "../operation.ts";
import { peerToWriteTo } from "../peer_view.ts";

const ForgetPeerInput = z.object({
  handle: z.string(),
  /** Also delete what we received from the peer and what we queued for it. */
  purge: z.boolean().optional(),
});

const ForgetPeerOutput = z.union([
  z.object({
    handle: z.string(),
    /** Paths of the deleted files. */
    purged_files: z.array(z.string()),
    removed_from_relay_state: z.boolean(),
    removed_from_trust: z.boolean(),
  }),
  z.object({
    reason: z.string(),
    removed: z.literal([false]),
    /** Left over from an earlier pairing. */
    purged_files: z.array(z.string()).optional(),
  }),
]);

/**
 * Whoever is interrupted does it again: the peer's grants go first, then its key, then its mailbox, then the files.
 * @throws {WireError} not_initialized; usage; conflict (ourselves); unreadable; locked; write_failed
 */
export const forgetPeer = {
  input: ForgetPeerInput,
  output: ForgetPeerOutput,
  async run(context, { handle: text, purge }) {
    const { home } = context;
    const self = await home.readIdentity();
    const [trust, state] = await Promise.all([home.readTrust(), home.readRelayState()]);
    const name = nameOf(text, trust, state);
    refuseSelf(name, trust, self.handle);
    const inTrust = agentOf(trust, name) !== undefined;
    const inRelayState = Object.hasOwn(state.peers, name);
    const did = agentOf(trust, name)?.did ?? "";
    const left = await leftWith(home, { handle: name, did });
    // First, because the DID is gone with the pin.
    await shutOut(context, did);
    if (inTrust) {
      await home.updateTrust("wire forget-peer", (store) => {
        refuseSelf(name, store, self.handle);
        return removeAgent(store, name);
      });
    }
    if (inRelayState) {
      await home.updateRelayState("wire forget-peer", (current) => withoutPeer(current, name));
    }
    const purged = purge === true && isHandle(name) ? await purgeFiles(context, name) : [];
    if (!inTrust && !inRelayState) {
      const files = purged.length > 0 ? { purged_files: purged } : {};
      return { reason: `peer ${quote(name)} not pinned`, removed: false as const, ...files };
    }
    if (left !== undefined) context.warn(left);
    return {
      handle: name,
      purged_files: purged,
      removed_from_relay_state: inRelayState,
      removed_from_trust: inTrust,
    };
  },
} satisfies Operation<typeof ForgetPeerInput, typeof ForgetPeerOutput>;

/** Names from old files are taken as they stand; a DID is its pinned peer, and nobody else of that name. */
function nameOf(text: string, trust: TrustStore, { peers }: RelayState): string {
  if (trust.agents.has(text) || Object.hasOwn(peers, text)) return text;
  if (!text.startsWith("did:")) return peerToWriteTo(text, trust);
  return [...trust.agents.values()].find(({ did }) => did === text)?.handle ?? text;
}

/** Our own mail would be purged, and every message of ours become unverifiable to ourselves. */
function refuseSelf(name: string, trust: TrustStore, own: Handle): void {
  const agent = agentOf(trust, name);
  if (name.toLowerCase() !== own.toLowerCase() && !(agent !== undefined && isSelf(agent))) return;
  throw new WireError("conflict", `Cannot forget ${quote(name)}: that is ourselves`);
}

/** @returns the paths of those that were there */
async function purgeFiles({ home }: ClientContext, peer: Handle): Promise<string[]> {
  const { platform: { files, databases }, paths } = home;
  const { inbox, outbox, delivery } = mailPaths(paths.stateRoot);
  const purged: string[] = [];
  for (const directory of [inbox, outbox, delivery]) {
    const file = mailFile(directory, peer);
    if (await files.remove(file, { point: "home.purge_peer" })) purged.push(file);
  }
  for (const { path } of await monthsOf({ files, stateRoot: paths.stateRoot }, peer)) {
    if (await files.remove(path, { point: "home.purge_peer" })) purged.push(path);
  }
  for (const path of await filesOfSent({ files, stateRoot: paths.stateRoot }, peer)) {
    if (await files.remove(path, { point: "home.purge_peer" })) purged.push(path);
  }
  await files.remove(moveFile(paths.stateRoot, peer), { point: "home.purge_peer" });
  // It holds the words of that mail, and is made again by the next search.
  await databases.remove(messageIndexAt(paths.stateRoot).path);
  return purged;
}
