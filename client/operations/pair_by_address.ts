/**
 * Asks `nick@domain` and waits for the answer. See docs/protocol/cli.md §6.4 and
 * docs/protocol/pairing.md §15.5.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { identityCheck } from "../../protocol/identity/identity_check.ts";
import { isHandle } from "../../protocol/ids.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import { isRequestExpired, openRequest } from "../consent/open_request.ts";
import type { ClientContext } from "../context.ts";
import { resolve, type Resolved } from "../directory_client.ts";
import { askedRelay } from "../invite/ensure_self.ts";
import { parsePeerAddress } from "../nicks/peer_address.ts";
import type { Operation } from "../operation.ts";
import { shownTier } from "../peer_view.ts";
import { peerRoutes } from "../sync/routes.ts";
import { add } from "./add.ts";
import { pull } from "./pull.ts";
import { push } from "./push.ts";

const POLL_MS = 500;

const PairByAddressInput = z.object({
  /** `nick@domain`, or a nick at a relay's address. */
  handle: z.string(),
  /** Where to ask, in the place of `https://<domain>`. */
  relay: z.string().optional(),
  /** Seconds to wait for the answer. */
  timeout: z.int().min(0).max(86_400).default(300),
});

export const PairedByAddress = z.object({
  /** As typed. */
  handle: z.string(),
  paired_with: z.string(),
  peer_handle: z.string(),
  /** Pinned, with a token for the peer's mailbox: it has answered. */
  status: z.literal("paired"),
  /** Whether the peer's mailbox has just taken our token for it. */
  reachable: z.boolean(),
  /** What two people compare over voice (docs/protocol/pairing.md §6.3). */
  identity_check: z.string(),
});

/**
 * Again goes on from where it stopped: a paired peer is not asked, and an open request is not sent
 * twice. Waits by the handle of the DID, which need not be the nick.
 * @throws {WireError} usage; timed_out (the request stays open); as resolve, add, pull and push
 */
export const pairByAddress = {
  input: PairByAddressInput,
  output: PairedByAddress,
  async run(context, { handle, relay, timeout }) {
    const name = parsePeerAddress(handle);
    const directory = askedRelay(relay) ?? name.directory;
    const found = await resolve(context, directory, name.nick);
    if (await stage(context, found) === "none") {
      await add.run(context, add.input.parse({ handle, relay }));
    }
    await answered(context, found, timeout);
    const { keys } = await context.home.readIdentity();
    return {
      handle,
      paired_with: found.card.did,
      peer_handle: found.card.handle,
      status: "paired" as const,
      reachable: await isReachable(context, found),
      identity_check: identityCheck(keys.publicKey, found.card.publicKey),
    };
  },
} satisfies Operation<typeof PairByAddressInput, typeof PairedByAddress>;

type Stage = "none" | "asked" | "paired";

async function stage(
  { home, platform: { clock } }: ClientContext,
  { card }: Resolved,
): Promise<Stage> {
  const [trust, state] = await Promise.all([home.readTrust(), home.readRelayState()]);
  const agent = agentOf(trust, card.handle);
  if (agent?.did !== card.did) return "none";
  if (shownTier(agent, state) === "VERIFIED") return "paired";
  const isOpen = openRequest(state, card.handle) !== undefined &&
    !isRequestExpired(state, card.handle, clock.now());
  return isOpen ? "asked" : "none";
}

/** A daemon that serves this home pulls by itself: then it is only looked at. */
async function answered(context: ClientContext, found: Resolved, timeoutS: number): Promise<void> {
  const { clock } = context.platform;
  const end = clock.monotonic() + timeoutS * 1_000;
  const told = new Set<string>();
  const once = (line: string): void => {
    if (!told.has(line)) context.warn(line);
    told.add(line);
  };
  const quieter = { ...context, warn: once };
  if (await stage(context, found) === "paired") return;
  for (;;) {
    await unlessServed(() => pull.run(quieter));
    if (await stage(context, found) === "paired") {
      // Who asked us at the same time waits for our answer.
      return await unlessServed(() => push.run(quieter, push.input.parse({})));
    }
    if (clock.monotonic() >= end) throw await notYet(context, found, timeoutS);
    await clock.sleep(POLL_MS);
  }
}

async function unlessServed(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof WireError && error.code === "locked")) throw error;
  }
}

async function notYet({ home }: ClientContext, { card }: Resolved, timeoutS: number) {
  const request = openRequest(await home.readRelayState(), card.handle);
  const until = request === undefined ? "" : ` until ${new Date(request.expiresAt).toISOString()}`;
  return new WireError(
    "timed_out",
    `wire pair: timed out after ${timeoutS}s. peer ${card.handle} never sent pair_drop_ack; ` +
      `our request stays open${until} and may still complete`,
    { hint: `ask ${card.handle} to run wire pair-accept; the same command waits on` },
  );
}

/** The peer's own relay must know the token that it gave us. */
async function isReachable(context: ClientContext, { card }: Resolved): Promise<boolean> {
  const { handle } = card;
  const found = isHandle(handle)
    ? peerRoutes(await context.home.readRelayState(), handle)
    : undefined;
  if (found?.tag === "none") context.warn(`the mailbox of ${handle}: ${found.reason}`);
  for (const { relayUrl, slotId, slotToken } of found?.tag === "routes" ? found.routes : []) {
    try {
      await context.relay(relayUrl).slotState(slotId, slotToken);
      return true;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      context.warn(`the mailbox of ${handle}: ${error.message}`);
    }
  }
  return false;
}
