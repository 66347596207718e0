/**
 * The second mailbox of `--with-local`, on a relay of this machine. Again is the same: what is there is
 * kept as long as its relay knows it, and what is missing is added.
 * See docs/protocol/cli.md §7.1 and §9, S14–S16.
 */
import { WireError } from "../../protocol/errors.ts";
import type { RelayUrl } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import { visible } from "../../protocol/text/visible.ts";
import { parseUnixRelay, shownRelay, unixPathOf } from "../../protocol/unix_relay.ts";
import type { Identity } from "../../store/home/identity.ts";
import { classOf, grantFor, readGrants } from "../../store/home/grants.ts";
import { isUntold, withLocalMailbox, withToldEndpoints } from "../../store/home/local_mailbox.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { entitledPeers, oweAck } from "../grants/acceptors.ts";
import { mailboxIn } from "../invite/ensure_self.ts";
import { allocateMailbox, relayUrlOf } from "../mailbox.ts";
import { RelayStatusError } from "../relay/status_error.ts";
import { errorText } from "../sync/error_text.ts";
import { isOutside } from "../sync/outside_error.ts";
import { isLocal, ownRoutes } from "../sync/routes.ts";
import { shellWord } from "./shell_export.ts";
import { strayMailbox } from "./stray_mailbox.ts";

/** Where `wire relay-server --local-only` listens. */
export const DEFAULT_LOCAL_RELAY = "http://127.0.0.1:8771";
/** One on this machine that needs longer is none. */
export const PROBE_MS = 2_000;
const OWNER = "wire, a local mailbox";

/** Why there is no local mailbox, for a person, with what to do about it. */
export interface NoLocal {
  readonly tag: "none";
  readonly why: string;
}

export type LocalResult = NoLocal | { readonly tag: "there"; readonly mailbox: NewMailbox };

/**
 * @returns what relay.json says afterwards; a relay that does not answer leaves everything as it is
 * @throws {WireError} locked, unreadable, write_failed
 */
export async function ensureLocalMailbox(
  context: ClientContext,
  identity: Identity,
  relay: RelayUrl,
): Promise<LocalResult> {
  if (mailboxIn(await context.home.readRelayState())?.relayUrl === relay) {
    return {
      tag: "none",
      why: `the session's main mailbox is on ${relay}: it needs no other there`,
    };
  }
  try {
    await context.relay(relay).health(context.platform.clock.timeout(PROBE_MS));
    if (!await isKept(context, relay)) await addMailbox(context, identity, relay);
  } catch (error) {
    if (!isOutside(error)) throw error;
    return { tag: "none", why: probeText(relay, error) };
  }
  const mailbox = await localMailbox(context, relay);
  if (mailbox !== undefined) {
    await tellPeers(context, mailbox);
    return { tag: "there", mailbox };
  }
  throw new WireError("conflict", "another command has changed our mailboxes in the meantime");
}

/** The one that relay.json has on that relay. @throws {WireError} unreadable */
export async function localMailbox(
  { home }: ClientContext,
  relay: RelayUrl,
): Promise<NewMailbox | undefined> {
  const routes = ownRoutes(await home.readRelayState());
  return routes.find((route) => isLocal(route) && route.relayUrl === relay);
}

/** A relay whose store was removed does not know our mailbox any more. */
async function isKept(context: ClientContext, relay: RelayUrl): Promise<boolean> {
  const mailbox = await localMailbox(context, relay);
  return mailbox !== undefined && await isAlive(context, mailbox);
}

async function isAlive(context: ClientContext, mailbox: NewMailbox): Promise<boolean> {
  const { relayUrl, slotId, slotToken } = mailbox;
  try {
    const signal = context.platform.clock.timeout(PROBE_MS);
    await context.relay(relayUrl).slotState(slotId, slotToken, signal);
    return true;
  } catch (error) {
    if (error instanceof RelayStatusError && GONE.has(error.status)) return false;
    throw error;
  }
}

const GONE: ReadonlySet<number> = new Set([401, 403, 404, 410]);

async function addMailbox(
  context: ClientContext,
  { handle }: Identity,
  relay: RelayUrl,
): Promise<void> {
  const stray = await strayMailbox(context.home, relay);
  const mailbox = stray !== undefined && await isAlive(context, stray)
    ? stray
    : await allocateMailbox(context, relay, handle);
  await context.home.updateRelayState(OWNER, (state) => withLocalMailbox(state, mailbox));
}

/**
 * Whoever was pinned before learns of the new endpoint, with a grant of its own, from the daemon or the
 * next pull; and whoever could not be given one then. Interrupted, it is done again.
 */
async function tellPeers({ home }: ClientContext, mailbox: NewMailbox): Promise<void> {
  const isNew = isUntold(await home.readRelayState());
  const grants = await readGrants(home);
  const isOwned = classOf(grants, mailbox) === "owner";
  const at = home.platform.clock.timestamp();
  for (const did of (await entitledPeers(home)).keys()) {
    const knows = !isNew && !(isOwned && grantFor(grants, did, mailbox) === undefined);
    if (!knows) await oweAck(home, { did, at });
  }
  if (isNew) await home.updateRelayState(OWNER, withToldEndpoints);
}

function probeText(relay: RelayUrl, error: unknown): string {
  const shown = shownRelay(relay);
  const why = visible(errorText(error).replaceAll(relay, shown), { maxLength: 200 });
  return `no relay for this machine at ${shown} (${why}): staying federation-only; to have one: ` +
    `${relayCommand(relay)}; then run this again`;
}

/** What starts one there: a service listens where nobody says otherwise, and nowhere else. */
export function relayCommand(relay: RelayUrl): string {
  const socket = unixPathOf(relay);
  if (socket !== undefined) return `wire relay-server --uds ${shellWord(socket)}`;
  const { protocol, host } = new URL(relay);
  const isDefault = relay === DEFAULT_LOCAL_RELAY;
  if (!isDefault && protocol !== "http:") return `start a relay that answers at ${relay}`;
  const server = `wire relay-server --local-only${isDefault ? "" : ` --bind ${host}`}`;
  return isDefault ? `wire service install --local-relay, or: ${server}` : server;
}

/** An address as it was typed: http(s), or `unix:///path`. @throws {WireError} usage */
export function localRelayOf(text: string): RelayUrl {
  const socket = parseUnixRelay(text);
  if (socket !== undefined || !text.startsWith("unix:")) return socket ?? relayUrlOf(text);
  throw new WireError(
    "usage",
    `Cannot use the relay address ${
      quote(text)
    }: expected unix:///path, absolute and at most 107 bytes`,
  );
}
