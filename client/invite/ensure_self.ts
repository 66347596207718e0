/**
 * An identity and a mailbox, made where there are none: what invite, accept, add, claim and
 * pair-accept begin with. See docs/protocol/pairing.md §1.6 and docs/protocol/cli.md §6.1.
 */
import { WireError } from "../../protocol/errors.ts";
import { type Handle, isHandle, type RelayUrl } from "../../protocol/ids.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import { readConfig } from "../../store/home/config.ts";
import type { Identity } from "../../store/home/identity.ts";
import { type NewMailbox, withMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { allocateMailbox, relayUrlOf } from "../mailbox.ts";
import { ownRoutes } from "../sync/routes.ts";

/** Where a mailbox is made when nobody names a relay. */
export const PUBLIC_RELAY = "https://wireup.net";
const FALLBACK_NAME = "wire-user";

/** A home that can be reached. */
export interface ReadySelf {
  readonly identity: Identity;
  /** `slotToken` is a secret. */
  readonly mailbox: NewMailbox;
}

export interface EnsureOptions {
  /** For a home without a mailbox; one that has a mailbox keeps it. */
  readonly relay?: RelayUrl;
  /** What whoever waits for a lock is shown, such as `wire invite`. */
  readonly owner: string;
}

/**
 * Makes what is missing: an identity called after this host, a mailbox on `relay`, else on the relay
 * of config.toml, else on the public one. Relay addresses that differ by a trailing slash are one.
 * Says on stderr what it made, and when it keeps another relay than was asked for.
 * @throws {WireError} unreadable, locked, write_failed; unreachable, relay_status, relay_garbage
 * (an identity that was made stays, and the next call goes on from there)
 */
export async function ensureSelf(
  context: ClientContext,
  { relay, owner }: EnsureOptions,
): Promise<ReadySelf> {
  const { home } = context;
  const state = await home.readRelayState(); // an unreadable one is found before anything is made
  const bound = mailboxIn(state);
  if (bound === undefined && hasSlot(state)) throw incomplete();
  const identity = await ensureIdentity(context);
  if (bound !== undefined) {
    if (relay !== undefined && relay !== bound.relayUrl) {
      context.warn(
        `# this home keeps its mailbox on ${bound.relayUrl}, also when ${relay} is named`,
      );
    }
    return { identity, mailbox: bound };
  }
  const url = relay ?? await defaultRelay(context);
  const made = await allocateMailbox(context, url, identity.handle);
  // Whoever was faster keeps what it has; then the slot just made stays empty on the relay.
  const after = await home.updateRelayState(
    owner,
    (current) => hasSlot(current) ? current : withMailbox(current, made),
  );
  const mailbox = mailboxIn(after);
  if (mailbox === undefined) throw incomplete();
  context.warn(`# this home now has a mailbox on ${mailbox.relayUrl}`);
  return { identity, mailbox };
}

async function ensureIdentity(context: ClientContext): Promise<Identity> {
  const { home, platform: { env } } = context;
  if (await home.isInitialized()) return await home.readIdentity();
  try {
    const identity = await home.createIdentity({ handle: handleOfHost(env.hostname) });
    context.warn(`# this home is now ${identity.did}`);
    return identity;
  } catch (error) {
    if (!(error instanceof WireError && error.code === "already_initialized")) throw error;
    return await home.readIdentity(); // another command was faster
  }
}

/** The host's name with `-` for whatever a handle cannot hold. */
export function handleOfHost(hostname: string): Handle {
  const name = hostname.replace(/[^A-Za-z0-9_-]/gu, "-").slice(0, 64);
  const handle = [name, FALLBACK_NAME].find(isHandle);
  if (handle === undefined) throw new TypeError(`no handle: ${FALLBACK_NAME}`);
  return handle;
}

/** Without a relay of the operator's choice it is the public one. */
export async function defaultRelay(context: ClientContext): Promise<RelayUrl> {
  const { config, warnings } = await readConfig(context.home);
  for (const line of warnings) context.warn(line);
  return config.relay_url ?? relayUrlOf(PUBLIC_RELAY);
}

/** The flat members if they can be used, as every invite and drop carries them. */
export function mailboxIn(state: RelayState): NewMailbox | undefined {
  const routes = ownRoutes(state);
  const flat = routes.find(({ slotId }) => slotId === state.self?.slot_id);
  const route = flat ?? routes.find(({ scope }) => scope === "federation");
  return route && { relayUrl: route.relayUrl, slotId: route.slotId, slotToken: route.slotToken };
}

const hasSlot = ({ self }: RelayState): boolean =>
  (self?.slot_id ?? "") !== "" || ownRoutes({ self, peers: {} }).length > 0;

const incomplete = (): WireError =>
  new WireError("unreadable", "self relay state incomplete after auto-allocate", {
    hint: "relay.json names a mailbox that cannot be used; get another with: wire bind-relay <url>",
  });

/** An address that was typed, or undefined if none was. @throws {WireError} usage */
export const askedRelay = (text: string | undefined): RelayUrl | undefined =>
  text === undefined ? undefined : relayUrlOf(text);
