/** Who is pinned, and how far. See docs/protocol/cli.md §4. */
import { z } from "zod";
import { compareCodePoints } from "../../protocol/json/print.ts";
import { capabilitiesOf } from "../../protocol/trust/trust.ts";
import { grantIds } from "../grants/holders.ts";
import { expiredNote } from "../consent/open_request.ts";
import { UnusedEndpoint, unusedNote } from "../endpoints/unused_note.ts";
import type { Operation } from "../operation.ts";
import { leftNote } from "../left_mailbox.ts";
import { identityCheckWith, shownTier } from "../peer_view.ts";

const PeersInput = z.object({});

const Peer = z.object({
  capabilities: z.array(z.string()),
  did: z.string(),
  handle: z.string(),
  /** As every screen shows it; `PENDING_ACK` until the peer has answered. */
  tier: z.string(),
  /** What two people may compare over voice (docs/protocol/pairing.md §6.3). */
  identity_check: z.string().optional(),
  /** Of the grant that the peer holds of our mailbox; without one it holds none, or the shared token. */
  grant_id: z.string().optional(),
  /** Our request had no answer in its time (docs/protocol/extensions.md §14 ruling 12). */
  request: z.literal("expired").optional(),
  /** The command that asks again. */
  next: z.string().optional(),
  /** It has left the mailbox that we know, and did not tell us another. */
  mailbox: z.literal("left").optional(),
  /** Mailboxes of the peer that wait for consent (docs/protocol/extensions.md §9). */
  unused_endpoints: z.array(UnusedEndpoint).optional(),
});
const PeersOutput = z.array(Peer);

/** In handle order, without ourselves; empty without an identity. @throws {WireError} unreadable */
export const peers = {
  input: PeersInput,
  output: PeersOutput,
  async run({ home, platform }) {
    if (!await home.isInitialized()) return [];
    const [self, trust, state, granted] = await Promise.all([
      home.readIdentity(),
      home.readTrust(),
      home.readRelayState(),
      grantIds(home),
    ]);
    return [...trust.agents.values()]
      .filter((agent) => agent.did !== self.did)
      .sort((a, b) => compareCodePoints(a.handle, b.handle))
      .map((agent) => {
        const grantId = granted.get(agent.did);
        const identityCheck = identityCheckWith(self.keys.publicKey, agent);
        return {
          capabilities: capabilitiesOf(agent),
          did: agent.did,
          handle: agent.handle,
          tier: shownTier(agent, state),
          ...(identityCheck === undefined ? {} : { identity_check: identityCheck }),
          ...(grantId === undefined ? {} : { grant_id: grantId }),
          ...expiredNote(state, agent.handle, platform.clock.now()),
          ...leftNote(state, agent.handle),
          ...unusedNote(state, agent.handle),
        };
      });
  },
} satisfies Operation<typeof PeersInput, typeof PeersOutput>;
