/** Hears nothing more from a peer, or again, and who is blocked: by DID, pinned or not. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { displayHandle } from "../../protocol/identity/did.ts";
import { isHandle } from "../../protocol/ids.ts";
import { compareCodePoints } from "../../protocol/json/print.ts";
import { quote } from "../../protocol/json/quote.ts";
import { agentOf, isSelf } from "../../protocol/trust/trust.ts";
import {
  block as blockDid,
  isBlocked,
  readBlocklist,
  unblock as unblockDid,
} from "../../store/home/blocklist.ts";
import { classOf, readGrants } from "../../store/home/grants.ts";
import type { Home } from "../../store/home/home.ts";
import { oweAck } from "../grants/acceptors.ts";
import { leftWith } from "../grants/left_with.ts";
import { mainMailbox } from "../grants/own_mailboxes.ts";
import { shutOut } from "../grants/shut_out.ts";
import type { Operation } from "../operation.ts";
import { peerToWriteTo } from "../peer_view.ts";

const MAX_NOTE = 500;

const BlockInput = z.object({
  /** The handle of a pinned peer, or any DID. */
  peer: z.string(),
  /** For the operator's own memory. */
  note: z.string().max(MAX_NOTE).optional(),
});

const BlockOutput = z.object({
  blocked: z.boolean(),
  did: z.string(),
  handle: z.string(),
});

/**
 * The same again is the same. What the peer may do with our mailboxes is revoked.
 * @throws {WireError} not_initialized; not_found; usage; conflict (ourselves); unreadable; locked;
 * write_failed
 */
export const block = {
  input: BlockInput,
  output: BlockOutput,
  async run(context, { peer, note }) {
    const { home, platform: { clock } } = context;
    const did = await didToBlock(home, peer);
    const { did: own } = await home.readIdentity();
    const agent = agentOf(await home.readTrust(), displayHandle(did));
    if (did === own || (agent?.did === did && isSelf(agent))) {
      throw new WireError("conflict", `Cannot block ${quote(peer)}: that is ourselves`);
    }
    await blockDid(home, { did, at: clock.timestamp(), ...(note === undefined ? {} : { note }) });
    const left = await leftWith(home, { handle: displayHandle(did), did });
    await shutOut(context, did);
    if (agent?.did === did && left !== undefined) context.warn(left);
    return { blocked: await isBlocked(home, did), did, handle: displayHandle(did) };
  },
} satisfies Operation<typeof BlockInput, typeof BlockOutput>;

const UnblockInput = z.object({
  /** A handle (of a pinned peer, or of the only blocked DID with that handle), or a DID. */
  peer: z.string(),
});

const UnblockOutput = BlockOutput.extend({ was_blocked: z.boolean() });

/**
 * What the peer sent meanwhile comes from quarantine to the inbox, as far as it is still there.
 * @throws {WireError} not_initialized; not_found; usage; unreadable; locked; write_failed
 */
export const unblock = {
  input: UnblockInput,
  output: UnblockOutput,
  async run({ home }, { peer }) {
    await home.readIdentity();
    const list = await readBlocklist(home);
    // A peer may have been forgotten since; and an entry written by hand may be no DID at all.
    const named = [...list.keys()].filter((did) => did === peer || displayHandle(did) === peer);
    const [only, ...more] = named;
    if (more.length > 0 && !list.has(peer)) {
      throw new WireError(
        "conflict",
        `Cannot unblock ${quote(peer)}: ${named.length} blocked DIDs have that name`,
        { hint: "name one of them: wire blocked" },
      );
    }
    const did = list.has(peer) ? peer : only ?? await didToBlock(home, peer);
    const was_blocked = await unblockDid(home, did);
    if (was_blocked) await regrant(home, did);
    // A daemon looks at its quarantine again when trust.json is written.
    await home.updateTrust("wire unblock", (store) => store);
    return { blocked: await isBlocked(home, did), did, handle: displayHandle(did), was_blocked };
  },
} satisfies Operation<typeof UnblockInput, typeof UnblockOutput>;

/** Its grant was revoked: it is told of our mailbox once more, with another one. */
async function regrant(home: Home, did: string): Promise<void> {
  const [state, grants] = await Promise.all([home.readRelayState(), readGrants(home)]);
  const main = mainMailbox(state);
  if (main === undefined || classOf(grants, main) !== "owner") return;
  await oweAck(home, { did, at: home.platform.clock.timestamp() });
}

const BlockedInput = z.object({});

const BlockedOutput = z.array(z.object({
  did: z.string(),
  /** RFC 3339; "" if blocklist.json does not say. */
  at: z.string(),
  note: z.string().optional(),
}));

/** In DID order. @throws {WireError} unreadable */
export const blocked = {
  input: BlockedInput,
  output: BlockedOutput,
  async run({ home }) {
    const list = await readBlocklist(home);
    return [...list.values()].sort((a, b) => compareCodePoints(a.did, b.did));
  },
} satisfies Operation<typeof BlockedInput, typeof BlockedOutput>;

const DID = /^did:wire:[A-Za-z0-9_-]{1,64}-[0-9a-f]{8}$/;

/**
 * @throws {WireError} usage; not_found, if a bare name is pinned to nobody: another key may take
 * that name tomorrow, so only a DID blocks anybody
 */
async function didToBlock(home: Home, peer: string): Promise<string> {
  if (DID.test(peer) && isHandle(displayHandle(peer))) return peer;
  const trust = await home.readTrust();
  const handle = peerToWriteTo(peer, trust);
  const did = agentOf(trust, handle)?.did ?? "";
  if (did !== "") return did;
  throw new WireError("not_found", `Cannot find ${quote(peer)}: nobody of that name is pinned`, {
    hint: "give the whole DID: did:wire:<handle>-<8 hex digits>",
  });
}
