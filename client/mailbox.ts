/** Getting a mailbox: for init, bind-relay and pairing. See docs/protocol/relay.md §10.3. */
import { WireError } from "../protocol/errors.ts";
import { type Handle, parseRelayUrl, type RelayUrl } from "../protocol/ids.ts";
import { quote } from "../protocol/json/quote.ts";
import { type NewMailbox, withMailbox } from "../store/home/mailbox.ts";
import type { ClientContext } from "./context.ts";
import { rememberClass } from "./grants/slot_class.ts";
import { featuresOf } from "./relay/features.ts";

/** @throws {WireError} usage */
export function relayUrlOf(text: string): RelayUrl {
  const url = parseRelayUrl(text);
  if (url !== undefined) return url;
  throw new WireError(
    "usage",
    `Cannot use the relay address ${quote(text)}: expected http(s)://host[:port]`,
  );
}

export interface Binding {
  readonly url: RelayUrl;
  readonly handle: Handle;
  /** What whoever waits for the lock is shown. */
  readonly owner: string;
}

/**
 * A new mailbox, which no file of 0.5.19 names yet; of class owner where the relay has grants. What
 * class it is is on the disk when this returns.
 * @throws {WireError} unreachable, relay_status, relay_garbage; locked, unreadable, write_failed
 */
export async function allocateMailbox(
  context: ClientContext,
  url: RelayUrl,
  handle: Handle,
): Promise<NewMailbox> {
  const relay = context.relay(url);
  const grants = (await featuresOf(context, url)).has("grants");
  const mailbox: NewMailbox = { relayUrl: url, ...await relay.allocate(handle, { grants }) };
  await rememberClass(context, mailbox, grants ? "owner" : "shared");
  return mailbox;
}

/**
 * Asks whether the relay is there, lets it make a mailbox, and writes that into relay.json.
 * @returns what relay.json says afterwards
 * @throws {WireError} unreachable, relay_status, relay_garbage (and nothing is changed); locked,
 * unreadable, write_failed
 */
export async function bindMailbox(context: ClientContext, binding: Binding): Promise<NewMailbox> {
  const { home } = context;
  await home.readRelayState(); // an unreadable one is found before the relay makes anything
  const mailbox = await allocateMailbox(context, binding.url, binding.handle);
  await home.updateRelayState(binding.owner, (state) => withMailbox(state, mailbox));
  const { self } = await home.readRelayState();
  if (self?.slot_id === mailbox.slotId && self.slot_token === mailbox.slotToken) return mailbox;
  throw new WireError("conflict", "another command has bound another mailbox in the meantime");
}
