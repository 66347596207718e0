/** The nick of `wire up`: claimed in the relay's directory, and what the directory says then. */
import { WireError } from "../../protocol/errors.ts";
import { isClaimableNick } from "../../protocol/identity/did.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import { nickAt, readClaimedNicks } from "../../store/home/claimed_nicks.ts";
import type { ClientContext } from "../context.ts";
import { resolve } from "../directory_client.ts";
import { shownAddress } from "../nicks/peer_address.ts";
import { claimKept, isTaken } from "../nicks/claim_kept.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import { type UpStep, warningOf } from "./step.ts";

const stage = "claim";
const NEXT = "with a nick that is free: wire claim <nick>";

/** Whom the directory names; `unseen`: this relay shows none. */
type Looked = "us" | "other" | "nobody" | "unseen";

export interface NickOutcome {
  readonly step: UpStep;
  /** By which others find us; undefined when they cannot. */
  readonly address: string | undefined;
}

/** Never fails for a reason that is the relay's: without a nick everything else works. */
export async function nickStep(
  context: ClientContext,
  identity: Identity,
  mailbox: NewMailbox,
): Promise<NickOutcome> {
  const nick: string = identity.handle;
  const { relayUrl } = mailbox;
  const warning = (detail: string): NickOutcome => ({
    step: { stage, detail: `WARNING ${detail}`, status: "warning" },
    address: undefined,
  });
  if (!isClaimableNick(nick)) {
    return warning(
      `${nick} cannot be claimed: expected 2-32 of [a-z0-9_-], no reserved name; ${NEXT}`,
    );
  }
  const address = shownAddress(nick, relayUrl);
  let before = `${address} is not claimed: `;
  try {
    const kept = nickAt(await readClaimedNicks(context.home), { nick, relay_url: relayUrl });
    const isConfirmed = kept?.confirmed_at !== undefined && kept.slot_id === mailbox.slotId;
    if (isConfirmed) {
      before = `${address} was claimed before, and cannot be looked up now: `;
      const looked = await look(context, identity, mailbox);
      if (looked === "us" || looked === "unseen") return so("already", looked);
    }
    const publicUrl = kept?.public_url ?? relayUrl;
    await claimKept(context, identity, { nick, relayUrl, publicUrl, isHidden: false });
    before = `${address} was claimed, and cannot be looked up now: `;
    const looked = await look(context, identity, mailbox);
    if (looked === "us" || looked === "unseen") return so("done", looked);
    return warning(`${address} was claimed, and the directory names ${looked}`);
  } catch (error) {
    if (isTaken(error)) return warning(`${address} is somebody else's; ${NEXT}`);
    if (error instanceof RelayStatusError && (error.status === 404 || error.status === 405)) {
      return warning(`${relayUrl} takes no nicks; pair by code: wire pair-host`);
    }
    return { step: warningOf(stage, error, before), address: undefined };
  }

  function so(status: "done" | "already", looked: Looked): NickOutcome {
    const what = status === "done" ? "claimed" : "is claimed already";
    const isSeen = looked === "us";
    const unseen = isSeen ? "" : "; this relay shows no directory: pair by code, wire pair-host";
    return {
      step: { stage, detail: `${address} ${what}${unseen}`, status },
      address: isSeen ? address : undefined,
    };
  }
}

async function look(
  context: ClientContext,
  { did, handle }: Identity,
  { relayUrl, slotId }: NewMailbox,
): Promise<Looked> {
  try {
    const found = await resolve(context, relayUrl, handle);
    return found.card.did === did && found.slotId === slotId ? "us" : "other";
  } catch (error) {
    if (error instanceof RelayStatusError && error.status === 404) {
      // A directory says who is not in it; a relay without one has no such page.
      return error.said.trim() === "" ? "unseen" : "nobody";
    }
    if (error instanceof WireError && error.code === "relay_garbage") return "other";
    throw error;
  }
}
