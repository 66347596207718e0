/**
 * Gives a message its place in the stream to its peer, for peers whose card says that they look at
 * it; others get what 0.5.19 would send. See docs/protocol/extensions.md §7.
 */
import { streamMembers, type StreamPlace } from "../../protocol/delivery/thread.ts";
import { hasCapability, THREAD_CAPABILITY } from "../../protocol/identity/capabilities.ts";
import type { Handle } from "../../protocol/ids.ts";
import { type JsonObject, withMembers } from "../../protocol/json/value.ts";
import { type Agent, capabilitiesOf } from "../../protocol/trust/trust.ts";
import type { Identity } from "../../store/home/identity.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { OutboxStream } from "../../store/mail/outbox_stream.ts";
import { SigningIntents } from "../../store/mail/signing_intents.ts";
import type { ClientContext } from "../context.ts";
import { checkSignedLine } from "../sync/signed_line.ts";

export const takesStreams = (agent: Agent | undefined): boolean =>
  hasCapability(capabilitiesOf(agent), THREAD_CAPABILITY);

/**
 * To be called under the outbox's append lock, right before the message is appended.
 * @throws {WireError} unreadable, write_failed
 */
export async function inStream(
  context: Pick<ClientContext, "home" | "platform">,
  signer: Identity,
  peer: Handle,
  unsigned: JsonObject,
): Promise<JsonObject> {
  return withMembers(unsigned, streamMembers(await nextPlace(context, signer, peer)));
}

/**
 * As `inStream`, for what is made of an agent's line.
 * @throws {WireError} unreadable, write_failed
 */
export async function nextPlace(
  context: Pick<ClientContext, "home" | "platform">,
  signer: Identity,
  peer: Handle,
): Promise<StreamPlace> {
  const { home: { paths: { stateRoot } }, platform: { files } } = context;
  const cancelled = await new DeliveryJournal({ files, stateRoot }).cancelled(peer);
  const intents = await new SigningIntents({ files, stateRoot }).load(peer);
  return await outboxStream(context, signer, peer).next(cancelled, intents);
}

export function outboxStream(
  { home, platform: { files, random } }: Pick<ClientContext, "home" | "platform">,
  signer: Identity,
  peer: Handle,
): OutboxStream {
  return new OutboxStream(peer, {
    files,
    random,
    stateRoot: home.paths.stateRoot,
    isOurs: (event) => checkSignedLine(event, signer).tag === "ours",
  });
}
