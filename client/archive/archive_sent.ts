/** Takes delivered messages out of one peer's outbox file. The caller holds the home's daemon.lock. */
import type { EpochMs, Handle } from "../../protocol/ids.ts";
import { DeliveryJournal } from "../../store/mail/delivery_journal.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { moveOutbox, settleOutboxMoves } from "../../store/mail/outbox_move.ts";
import { positionPath } from "../../store/mail/outbox_position.ts";
import { NOWHERE, SigningIntents } from "../../store/mail/signing_intents.ts";
import type { ClientContext } from "../context.ts";
import { outboxStream } from "../delivery/in_stream.ts";
import { planSent, type SentPlan, withTail } from "./plan_sent.ts";

export interface ArchivedSent {
  readonly messages: number;
  /** By which the outbox file is shorter, read from it. */
  readonly bytes: number;
  readonly files: readonly string[];
  readonly held: SentPlan["held"];
}

const OWNER = "wire archive";
/** Less is moved before anybody wonders. */
const WORTH_A_WORD_BYTES = 8 * 1024 * 1024;

/** @throws {WireError} locked, while somebody sends to that peer; unreadable; write_failed; conflict */
export async function archiveSent(
  context: ClientContext,
  peer: Handle,
  beforeMs: EpochMs,
): Promise<ArchivedSent> {
  const { home, platform: { files } } = context;
  const deps = { files, stateRoot: home.paths.stateRoot };
  const outbox = new Outbox(deps);
  const file = outbox.path(peer);
  const sizeOf = async () => (await files.stat(file))?.size ?? 0;
  const size = await sizeOf();
  // Nobody takes a message back meanwhile.
  await using _posting = await outbox.lockPosting(peer, OWNER);
  const delivered = await new DeliveryJournal(deps).everKnown(peer);
  const intents = new SigningIntents(deps);
  const options = { beforeMs, delivered, intents: await intents.load(peer) };
  const first = await planSent(files, file, options);
  const none = { messages: 0, bytes: 0, files: [], held: first.held };
  // A line that is half signed is signed again by its place.
  if (first.witness === undefined || first.held === "signing") return none;
  if (size >= WORTH_A_WORD_BYTES) {
    context.warn(`archiving messages to ${peer} out of ${Math.ceil(size / 1_048_576)} MiB`);
  }
  const identity = await home.readIdentity();
  const paths: string[] = [];
  let before = 0;
  {
    await using _appending = await outbox.lockAppends(peer, OWNER);
    // What was appended meanwhile, too: from here on only those who take no lock append.
    const { kept, end, pending } = await withTail(files, file, first);
    before = await sizeOf();
    // All that remembers places in the file, so that it is true of the old file and the new one.
    await files.remove(positionPath(deps.stateRoot, peer), { point: "sent.forget_position" });
    await outboxStream(context, identity, peer).rewind();
    await intents.save(
      peer,
      options.intents.map((one) => one.archived === undefined ? { ...one, offset: NOWHERE } : one),
    );
    const move = { kept: [...kept], end, witness: first.witness };
    paths.push((await moveOutbox(deps, peer, { move, pending })).path);
  }
  await settleOutboxMoves(deps);
  const bytes = before - await sizeOf();
  return { messages: first.messages, bytes, files: paths, held: first.held };
}
