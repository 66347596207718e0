/** Asks `nick@domain` to be paired. See docs/protocol/cli.md §6.5 and docs/protocol/pairing.md §15.2. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { DROP, mailboxBody } from "../../protocol/drop/drop.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { identityCheck } from "../../protocol/identity/identity_check.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { isBlocked } from "../../store/home/blocklist.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import { type InboundRequest, PendingInbound } from "../../store/home/pending_inbound.ts";
import { withPeerEntry } from "../../store/home/peer_mailbox.ts";
import { REQUEST_TTL_S, requestMembers } from "../consent/open_request.ts";
import { pass } from "../consent/pass.ts";
import { knownRoute } from "../consent/routes.ts";
import type { ClientContext } from "../context.ts";
import { checkEndpoint } from "../endpoints/check_endpoint.ts";
import { endpointsFor } from "../grants/ack_event.ts";
import { introduce, resolve, type Resolved } from "../directory_client.ts";
import { askedRelay, ensureSelf } from "../invite/ensure_self.ts";
import { parsePeerAddress } from "../nicks/peer_address.ts";
import type { Operation } from "../operation.ts";
import { pairAccept } from "./pair_inbound.ts";

const AddInput = z.object({
  /** `nick@domain`, or a nick at a relay's address. */
  handle: z.string(),
  /** Where to ask, in the place of `https://<domain>`. */
  relay: z.string().optional(),
  /** Seconds for which an answer counts. */
  ttl: z.int().min(60).max(31_536_000).default(REQUEST_TTL_S),
});

const AddOutput = z.object({
  drop_response: z.object({ event_id: z.string(), status: z.string(), to_nick: z.string() })
    .optional(),
  event_id: z.string().optional(),
  /** As typed. */
  handle: z.string(),
  paired_with: z.string(),
  peer_handle: z.string(),
  /** `drop_sent`: nothing is verified until the peer says yes. */
  status: z.enum(["drop_sent", "bilateral_accepted"]),
  via: z.literal("pending_inbound").optional(),
  /** What two people compare over voice (docs/protocol/pairing.md §6.3). */
  identity_check: z.string(),
  /** Until when an answer counts, as RFC 3339 (docs/protocol/extensions.md §14 ruling 12). */
  expires_at: z.string().optional(),
  /** Whether the peer's mailbox has just taken our answer. */
  reachable: z.boolean().optional(),
});

/**
 * Whoever must be asked before a key is trusted. What it gives is the context of what follows, which
 * records what proved that it may.
 */
export interface AddGates {
  /** The very one that is to be added waits for a yes. @throws whatever ends it */
  accept(context: ClientContext, request: InboundRequest): Promise<ClientContext>;
  /** @throws whatever ends it */
  pin(context: ClientContext, did: string): Promise<ClientContext>;
}

/** Typing the command is the yes (docs/protocol/mcp.md §8). */
const WORD_OF_MOUTH: AddGates = {
  accept: (context) => Promise.resolve(context),
  pin: (context) => Promise.resolve(context),
};

/**
 * Resolves first: a request that waits is accepted only if it is of that very DID. Again is another
 * request, and takes nothing away that is known of the peer.
 * @throws {WireError} usage; conflict (ourselves, another key, another DID waits); refused (blocked, or a
 * relay in a private network that was not named); as resolve, ensureSelf, handOut and introduce
 */
export const add = {
  input: AddInput,
  output: AddOutput,
  run: (context, input) => addThrough(WORD_OF_MOUTH, context, input),
} satisfies Operation<typeof AddInput, typeof AddOutput>;

/** As `add`, where somebody must be asked. @throws {WireError} as add; whatever a gate throws */
export async function addThrough(
  gates: AddGates,
  context: ClientContext,
  input: z.output<typeof AddInput>,
): Promise<z.output<typeof AddOutput>> {
  const { home, platform: { clock } } = context;
  const name = parsePeerAddress(input.handle);
  const asked = askedRelay(input.relay);
  const directory = asked ?? name.directory;
  const found = await resolve(context, directory, name.nick);
  const { card } = found;
  const { identity, mailbox } = await ensureSelf(context, {
    owner: "wire add",
    ...(asked === undefined ? {} : { relay: asked }),
  });
  if (card.did === identity.did) {
    throw new WireError("conflict", `Cannot add ${input.handle}: that is ourselves`);
  }
  if (await isBlocked(home, card.did)) {
    throw new WireError("refused", `Cannot add ${card.did}: it is blocked`, {
      hint: `first: wire unblock ${card.did}`,
    });
  }
  const check = identityCheck(identity.keys.publicKey, card.publicKey);
  const waiting = await new PendingInbound(home).read(card.handle);
  if (waiting?.peer_did === card.did) {
    const accepting = await gates.accept(context, waiting);
    const accepted = await pairAccept.run(accepting, { peer: card.handle, did: card.did });
    return { ...accepted, handle: input.handle };
  }
  if (waiting !== undefined) {
    throw new WireError(
      "conflict",
      `Cannot add ${card.did}: a request of ${waiting.peer_did} waits by that name`,
      { hint: `if it is not wanted: wire pair-reject ${card.handle}` },
    );
  }
  const relay = found.relayUrl ?? directory;
  if (relay !== directory) await checkEndpoint(home, relay, `Cannot ask ${card.did}`);
  const pinning = await gates.pin(context, card.did);
  warnOfDomain(context, name.domain, mailbox);
  const request = requestMembers(
    clock.now(),
    input.ttl,
    asked === undefined ? input.handle : `${input.handle} --relay ${asked}`,
  );
  await pass(pinning, "add", card.did);
  await pinAdded(context, found, { relay, request });
  const body = mailboxBody(await endpointsFor(context, card), identity.card);
  const about = { from: identity.did, to: card.did, ...DROP, body, timestamp: clock.timestamp() };
  const event = signEvent(buildEvent(about), identity);
  const { status } = await introduce(context, relay, {
    nick: name.nick,
    eventText: event.text,
  });
  return {
    drop_response: { event_id: event.id, status, to_nick: name.nick },
    event_id: event.id,
    handle: input.handle,
    paired_with: card.did,
    peer_handle: card.handle,
    status: "drop_sent" as const,
    identity_check: check,
    expires_at: request["ask_expires_at"],
  };
}

/** The pin, and where the peer will be reached once it gives a token; one that it gave stays. */
async function pinAdded(
  { home, platform: { clock } }: ClientContext,
  { card, slotId }: Resolved,
  { relay, request }: {
    readonly relay: RelayUrl;
    readonly request: Readonly<Record<string, string>>;
  },
): Promise<void> {
  if (slotId === undefined) {
    throw new WireError("relay_garbage", `Cannot add ${card.did}: the directory names no mailbox`);
  }
  const owner = `wire add ${card.handle}`;
  await home.updateTrust(owner, async (store) => {
    const pinned = pinCard(store, card, { tier: "VERIFIED", at: clock.timestamp(), via: "add" });
    if (!pinned.ok) {
      throw new WireError("conflict", pinned.message, {
        hint: `if the new key is truly theirs: wire forget-peer ${card.handle}, then add again`,
      });
    }
    await home.updateRelayState(owner, (state) => {
      if (knownRoute(state, card.handle)?.hasToken === true) return state;
      const entry = { relay_url: relay, slot_id: slotId, slot_token: "", ...request };
      return withPeerEntry(state, card.handle, entry);
    });
    return pinned.store;
  });
}

const KNOWN_DOMAINS: readonly string[] = ["wireup.net", "wire.laulpogan.com"];

function warnOfDomain(context: ClientContext, domain: string, { relayUrl }: NewMailbox): void {
  if (KNOWN_DOMAINS.includes(domain) || new URL(relayUrl).hostname === domain) return;
  context.warn(`wire add: WARN unfamiliar relay domain \`${domain}\`.`);
  context.warn("  Anybody can run a relay and call somebody there by any nick.");
  context.warn("  Compare the identity check with your peer by voice before you trust it.");
  context.warn(`  A name that only looks like a known one is a trick: read \`${domain}\` again.`);
  context.warn("  Going on, since a request gives nobody your trust by itself.");
}
