/**
 * The operator's word on requests of strangers: which wait, yes, and no.
 * See docs/protocol/cli.md §6.6 and docs/protocol/pairing.md §15.4.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { bareHandle } from "../../protocol/identity/did.ts";
import { identityCheck } from "../../protocol/identity/identity_check.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { readMailbox } from "../../protocol/drop/drop.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { isJsonObject, plain } from "../../protocol/json/value.ts";
import { quote } from "../../protocol/json/quote.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { isBlocked } from "../../store/home/blocklist.ts";
import type { Home } from "../../store/home/home.ts";
import { type InboundRequest, PendingInbound } from "../../store/home/pending_inbound.ts";
import { pass } from "../consent/pass.ts";
import { withRoutes } from "../consent/routes.ts";
import type { ClientContext } from "../context.ts";
import { checkEndpoint } from "../endpoints/check_endpoint.ts";
import { ackFor } from "../grants/ack_event.ts";
import { ensureSelf } from "../invite/ensure_self.ts";
import type { Operation } from "../operation.ts";

const PeerInput = z.object({
  /** A handle; what follows an `@` is cut off. */
  peer: z.string(),
});

const AcceptInput = PeerInput.extend({
  /** Whose request the operator was shown: another's by that name is not accepted. */
  did: z.string().optional(),
});

const AcceptOutput = z.object({
  /** `<handle>@<relay>` */
  handle: z.string(),
  paired_with: z.string(),
  peer_handle: z.string(),
  status: z.literal("bilateral_accepted"),
  via: z.literal("pending_inbound"),
  /** What two people compare over voice (docs/protocol/pairing.md §6.3). */
  identity_check: z.string(),
  /** The peer's mailbox has just taken our answer. */
  reachable: z.literal([true]),
});

/**
 * Pins who asked, with its mailbox, and releases a token of ours to it. When the answer cannot be posted
 * the request stays: the same again is the repair.
 * @throws {WireError} not_initialized; not_found; bad_input; refused (blocked, or a mailbox in a
 * private network); conflict (another key has the name, it is ours, or another one asks by it now); unreachable, relay_status; unreadable, locked, write_failed
 */
export const pairAccept = {
  input: AcceptInput,
  output: AcceptOutput,
  async run(context, { peer, did }) {
    const { home, platform: { clock } } = context;
    const identity = await home.readIdentity();
    const pending = new PendingInbound(home);
    const handle = bareHandle(peer);
    const request = isHandle(handle) ? await pending.read(handle) : undefined;
    if (request === undefined) throw nobodyWaits(peer);
    if (did !== undefined && did !== request.peer_did) throw anotherAsks(request, did);
    const { card, endpoints } = proved(request);
    if (await isBlocked(home, card.did)) {
      throw new WireError("refused", `Cannot accept ${card.did}: it is blocked`, {
        hint: `first: wire unblock ${card.did}`,
      });
    }
    const [{ relay_url }] = endpoints;
    await checkEndpoint(home, relay_url, `Cannot accept the request of ${card.handle}`);
    await pass(context, "pair_accept", card.did);
    const owner = `wire pair-accept ${card.handle}`;
    await ensureSelf(context, { owner });
    const ack = await ackFor(context, identity, card.did);
    await home.updateTrust(owner, async (store) => {
      const at = clock.timestamp();
      const pinned = pinCard(store, card, { tier: "VERIFIED", at, via: "accept" });
      if (!pinned.ok) throw new WireError("conflict", pinned.message);
      // Before the pin, so that nobody is ever shown as verified without a way to reach them.
      await home.updateRelayState(
        owner,
        (state) => withRoutes(state, card.handle, { endpoints, at: request.event_timestamp }),
      );
      return pinned.store;
    });
    await postAck(context, request, ack.text);
    await pending.finish(request);
    return {
      handle: `${card.handle}@${request.peer_relay_url}`,
      paired_with: card.did,
      peer_handle: card.handle,
      status: "bilateral_accepted" as const,
      via: "pending_inbound" as const,
      identity_check: identityCheck(identity.keys.publicKey, card.publicKey),
      reachable: true as const,
    };
  },
} satisfies Operation<typeof AcceptInput, typeof AcceptOutput>;

const anotherAsks = ({ peer_handle, peer_did }: InboundRequest, did: string): WireError =>
  new WireError("conflict", `Cannot accept ${quote(did)}: now ${peer_did} asks by that name`, {
    hint:
      `look again: wire pair-list-inbound; if it is not wanted: wire pair-reject ${peer_handle}`,
  });

const nobodyWaits = (peer: string): WireError =>
  new WireError(
    "not_found",
    `no pending pair request from ${quote(peer)}. Run \`wire pair-list-inbound\` to see who is ` +
      "waiting",
  );

/** The file may have been written by 0.5.19, which proves less. */
function proved(request: InboundRequest) {
  const { peer_did, peer_handle, peer_endpoints } = request;
  const card = admitCard(request.peer_card);
  const flat = {
    relay_url: request.peer_relay_url,
    slot_id: request.peer_slot_id,
    slot_token: request.peer_slot_token,
  };
  const body = parseJson(JSON.stringify({ ...flat, endpoints: peer_endpoints }));
  const endpoints = isJsonObject(body) ? readMailbox(body) : undefined;
  if (card.ok && card.did === peer_did && card.handle === peer_handle && endpoints !== undefined) {
    return { card, endpoints };
  }
  const why = card.ok ? "it does not fit its card or names no mailbox" : card.message;
  throw new WireError("bad_input", `Cannot accept the request of ${peer_handle}: ${why}`, {
    hint: `wire pair-reject ${peer_handle}`,
  });
}

async function postAck(
  context: ClientContext,
  request: InboundRequest,
  text: string,
): Promise<void> {
  const [{ relay_url, slot_id, slot_token }] = proved(request).endpoints;
  try {
    await context.relay(relay_url).postEvent(slot_id, slot_token, text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const message = `pair_drop_ack send to ${request.peer_handle} @ ${relay_url} slot ${slot_id} ` +
      `failed: ${error.message}`;
    throw new WireError(error.code, message, {
      hint: `the request is kept: wire pair-accept ${request.peer_handle} again`,
      cause: error,
    });
  }
}

const RejectOutput = z.object({
  had_pending: z.boolean(),
  peer: z.string(),
  rejected: z.boolean(),
});

/** Sticks; sends nothing. @throws {WireError} locked, unreadable, write_failed */
export const pairReject = {
  input: PeerInput,
  output: RejectOutput,
  async run({ home }, { peer }) {
    const handle = bareHandle(peer);
    const had = isHandle(handle) && await rejected(home, handle);
    return { had_pending: had, peer: handle, rejected: had };
  },
} satisfies Operation<typeof PeerInput, typeof RejectOutput>;

const rejected = (home: Home, handle: Handle): Promise<boolean> =>
  new PendingInbound(home).reject(handle);

const ListInput = z.object({});

const Waiting = z.object({
  peer_handle: z.string(),
  peer_did: z.string(),
  peer_card: z.record(z.string(), z.unknown()),
  peer_relay_url: z.string(),
  peer_slot_id: z.string(),
  peer_endpoints: z.array(
    z.object({ relay_url: z.string(), slot_id: z.string(), scope: z.string() }),
  ),
  event_id: z.string(),
  event_timestamp: z.string(),
  received_at: z.string(),
});
const ListOutput = z.array(Waiting);

/** Oldest first, without tokens. Files that cannot be read are told on stderr. */
export const pairListInbound = {
  input: ListInput,
  output: ListOutput,
  async run({ home, warn }) {
    const requests = await new PendingInbound(home).list((problem) => warn(problem.message));
    // The schema of an object drops what it does not name: the tokens.
    return ListOutput.parse(
      requests.map((request) => ({ ...request, peer_card: plain(request.peer_card) })),
    );
  },
} satisfies Operation<typeof ListInput, typeof ListOutput>;
