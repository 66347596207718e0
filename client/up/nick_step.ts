/** The nick of `wire up`: claimed in the relay's directory, and what the directory says then. */
import { WireError } from "../../protocol/errors.ts";
import { isClaimableNick } from "../../protocol/identity/did.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import { nickAt, readClaimedNicks } from "../../store/home/claimed_nicks.ts";
import type { ClientContext } from "../context.ts";
import { resolve } from "../directory_client.ts";
import { claimKept, isTaken } from "../nicks/claim_kept.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import { type UpStep, warningOf } from "./step.ts";

const stage = "claim";
const NEXT = "with a nick that is free: wire claim <nick>";

/** Never fails for a reason that is the relay's: without a nick everything else works. */
export async function nickStep(
  context: ClientContext,
  identity: Identity,
  { relayUrl, slotId }: NewMailbox,
): Promise<UpStep> {
  const nick: string = identity.handle;
  if (!isClaimableNick(nick)) {
    const detail = `WARNING ${nick} cannot be claimed: expected 2-32 of [a-z0-9_-], no reserved ` +
      `name; ${NEXT}`;
    return { stage, detail, status: "warning" };
  }
  const address = `${nick}@${new URL(relayUrl).host}`;
  const named = async (): Promise<boolean> => {
    const found = await resolve(context, relayUrl, nick);
    return found.card.did === identity.did && found.slotId === slotId;
  };
  try {
    const kept = nickAt(await readClaimedNicks(context.home), { nick, relay_url: relayUrl });
    if (kept?.confirmed_at !== undefined && kept.slot_id === slotId && await isSo(named)) {
      return { stage, detail: `${address} is claimed already`, status: "already" };
    }
    const publicUrl = kept?.public_url ?? relayUrl;
    await claimKept(context, identity, { nick, relayUrl, publicUrl, isHidden: false });
    if (await named()) return { stage, detail: `${address} claimed`, status: "done" };
    return {
      stage,
      detail: `WARNING ${address} was claimed, and the directory names another mailbox`,
      status: "warning",
    };
  } catch (error) {
    if (isTaken(error)) {
      const detail = `WARNING ${address} is somebody else's; ${NEXT}`;
      return { stage, detail, status: "warning" };
    }
    if (error instanceof RelayStatusError && (error.status === 404 || error.status === 405)) {
      const detail = `WARNING ${relayUrl} has no directory; pair by code: wire pair-host`;
      return { stage, detail, status: "warning" };
    }
    return warningOf(stage, error, `${address} is not claimed: `);
  }
}

/** Not there any more: claimed again. Whatever else fails is told. */
async function isSo(named: () => Promise<boolean>): Promise<boolean> {
  try {
    return await named();
  } catch (error) {
    if (error instanceof RelayStatusError && error.status === 404) return false;
    if (error instanceof WireError && error.code === "relay_garbage") return false;
    throw error;
  }
}
