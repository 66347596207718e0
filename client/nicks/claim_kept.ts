/**
 * Claims a nick for a mailbox of ours and remembers it: written down, asked for, and confirmed by the
 * relay's answer, in this order, by one process at a time.
 * See docs/protocol/extensions.md §2 and docs/protocol/relay.md §5.9.
 */
import path from "node:path";
import type { z } from "zod";
import type { FileLock } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import {
  type ClaimedNick,
  nickAt,
  readClaimedNicks,
  updateClaimedNicks,
  withNick,
  withoutNick,
} from "../../store/home/claimed_nicks.ts";
import type { Home } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { claimNick, type ClaimReply } from "../directory_client.ts";
import { mainMailbox } from "../grants/own_mailboxes.ts";
import { REQUEST_DEADLINE_MS } from "../relay/http.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import { ownRoutes } from "../sync/routes.ts";

/** Longer than whoever has it waits for its relay. */
const LOCK_DEADLINE_MS = REQUEST_DEADLINE_MS + 10_000;
const OWNER = "wire, a claim";

export interface WantedNick {
  readonly nick: string;
  /** Whose directory: the nick is to name the mailbox that we have there. */
  readonly relayUrl: RelayUrl;
  /** Where others reach that relay. */
  readonly publicUrl: RelayUrl;
  readonly isHidden: boolean;
}

/** The mailbox of ours that a nick on that relay is to name: the main one, if it is there. */
export function mailboxAt(state: RelayState, relay: RelayUrl): NewMailbox | undefined {
  const main = mainMailbox(state);
  if (main?.relayUrl === relay) return main;
  return ownRoutes(state).find(({ relayUrl }) => relayUrl === relay);
}

/**
 * The same again is the same. What was hidden stays so, as the relay keeps it.
 * @throws {WireError} conflict, without a mailbox there; unreachable, relay_status (409: somebody
 * else's), relay_garbage; locked, unreadable, write_failed
 */
export async function claimKept(
  context: ClientContext,
  { did, card, keys }: Identity,
  { nick, relayUrl, publicUrl, isHidden }: WantedNick,
): Promise<z.output<typeof ClaimReply>> {
  const { home, platform: { clock } } = context;
  await using _lock = await lockClaiming(home);
  // Read under the lock: whoever moved us meanwhile has its turn before or after this one.
  const mailbox = mailboxAt(await home.readRelayState(), relayUrl);
  if (mailbox === undefined) throw noMailbox(relayUrl);
  const before = nickAt(await readClaimedNicks(home), { nick, relay_url: relayUrl });
  const { confirmed_at: _, ...kept } = before ?? {};
  const hidden = isHidden || before?.hidden === true;
  const at = laterThan(before?.proved_at, clock.timestamp());
  const asked: ClaimedNick = {
    ...kept,
    nick,
    relay_url: relayUrl,
    public_url: publicUrl,
    hidden,
    slot_id: mailbox.slotId,
    proved_at: at,
  };
  await updateClaimedNicks(home, OWNER, (record) => withNick(record, asked));
  try {
    const claim = { nick, card, mailbox, publicUrl, isHidden: hidden, keys, at };
    const reply = await claimNick(context, claim);
    if (reply.nick !== nick || reply.did !== did) {
      throw new WireError(
        "relay_garbage",
        `handle_claim at ${relayUrl}: it claimed something else`,
      );
    }
    await updateClaimedNicks(
      home,
      OWNER,
      (record) => withNick(record, { ...asked, confirmed_at: clock.timestamp() }),
    );
    return reply;
  } catch (error) {
    if (isRefusal(error)) {
      // It names what it named before; somebody else's names nothing of ours.
      await updateClaimedNicks(
        home,
        OWNER,
        (record) =>
          before === undefined || isTaken(error)
            ? withoutNick(record, asked)
            : withNick(record, before),
      );
    }
    throw error;
  }
}

/** The relay takes later proofs only, and our clock may have gone back. */
function laterThan(before: string | undefined, now: string): string {
  const last = instantMs(before);
  if (last === undefined || (instantMs(now) ?? 0) > last) return now;
  return Temporal.Instant.fromEpochMilliseconds(last + 1).toString();
}

/** Somebody else has the nick, and the relay says who. Other conflicts may pass. */
export const isTaken = (error: unknown): boolean =>
  error instanceof RelayStatusError && error.status === 409 && /"claimed_by"/.test(error.said);

/** Busy, or not now: the same may be taken later. */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 425, 429]);

/** The relay has said no: nothing was changed there. */
const isRefusal = (error: unknown): boolean =>
  error instanceof RelayStatusError && error.status >= 400 && error.status < 500 &&
  !PASSING_STATUS.has(error.status);

const noMailbox = (relay: RelayUrl): WireError =>
  new WireError("conflict", `Cannot claim on ${relay}: this home has no mailbox there`, {
    hint: `wire bind-relay ${relay} first, or leave --relay out`,
  });

/** Held by whoever may not know what becomes of a claim. @throws {WireError} locked */
async function lockClaiming(home: Home): Promise<FileLock> {
  const { platform: { files }, paths: { stateRoot } } = home;
  await home.ensureRoots();
  await files.ensureDirectory(stateRoot);
  const lock = path.join(stateRoot, "claiming.lock");
  return await files.lock(lock, { owner: OWNER, deadlineMs: LOCK_DEADLINE_MS });
}
