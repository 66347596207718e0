/**
 * What of the outboxes is not settled, for `status`: no lock is taken, and no more is read than what
 * whoever sends has not settled either.
 */
import type { Files } from "../../platform/files.ts";
import type { DeliveryStep } from "../../protocol/delivery/steps.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import { sha256Hex } from "../../protocol/identity/keys.ts";
import { type Handle, isEventId } from "../../protocol/ids.ts";
import { stringMember } from "../../protocol/json/value.ts";
import { DeliveryJournal } from "./delivery_journal.ts";
import { type Line, readLines } from "./jsonl.ts";
import { handlesOf, mailFile, mailPaths } from "./mail_paths.ts";
import { type ArchivedOutbox, archivedOutboxes, readTaken } from "./outbox_archive.ts";
import { outboxLine } from "./outbox_line.ts";
import { type Place, positionPath, readPosition } from "./outbox_position.ts";

export interface BacklogDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

export interface Waiting extends Place {
  /** "" for a line that is not signed yet. */
  readonly id: string;
  /** What such a line is called, 64 hex digits: equal ones to a peer are one message. "" once signed. */
  readonly line: string;
  /** To whom it is addressed, as it says. */
  readonly to: string;
  /** RFC 3339, as it says; "" when it does not. */
  readonly timestamp: string;
  readonly event: WireEvent;
  /** The line as it stands in the file. */
  readonly text: string;
  /** In which it stands, appended by somebody who had it open; left out: in the outbox. */
  readonly archived?: ArchivedOutbox;
}

/** Messages that no relay has stored, of every peer that has an outbox, in byte order of the peers. */
export async function backlogs(deps: BacklogDependencies): Promise<Map<Handle, Waiting[]>> {
  const journal = new DeliveryJournal(deps);
  const found = new Map<Handle, Waiting[]>();
  for (const peer of handlesOf(await deps.files.list(mailPaths(deps.stateRoot).outbox))) {
    found.set(peer, await backlogOf(deps, journal, peer));
  }
  return found;
}

/** In the order of the outbox. */
export async function backlogOf(
  deps: BacklogDependencies,
  journal: DeliveryJournal,
  peer: Handle,
): Promise<Waiting[]> {
  const waiting: Waiting[] = [];
  let everKnown: ReadonlySet<string> | undefined;
  for await (const message of unsettled(deps, peer)) {
    if (isSettled(await journal.recent(peer), message.id)) continue;
    if (!message.isFromStart) waiting.push(message);
    // Nobody has looked at this file before: any of it may have been sent long ago.
    else if (!(everKnown ??= await journal.everKnown(peer)).has(message.id)) waiting.push(message);
  }
  return waiting;
}

export interface Unsettled extends Waiting {
  /** Nobody has settled anything of that file yet. */
  readonly isFromStart: boolean;
}

/**
 * Every message after the place up to which all are settled, and those before it that are not; then what
 * came into files that `wire archive` had replaced, and nobody has taken up yet.
 */
export async function* unsettled(
  { files, stateRoot }: BacklogDependencies,
  peer: Handle,
): AsyncGenerator<Unsettled, void, undefined> {
  const file = mailFile(mailPaths(stateRoot).outbox, peer);
  const position = await readPosition(files, positionPath(stateRoot, peer));
  const size = (await files.stat(file))?.size ?? 0;
  // A file that was made shorter is read as a whole, as whoever sends does.
  const start = position === undefined || position.offset > size ? 0 : position.offset;
  const isFromStart = start === 0;
  for (const { offset, length } of start === 0 ? [] : position?.pending ?? []) {
    const bytes = await files.readAt(file, offset, length);
    const text = new TextDecoder().decode(bytes);
    const message = messageIn(peer, { offset, end: offset + length + 1, text });
    if (message !== undefined) yield { ...message, isFromStart };
  }
  for await (const line of readLines(files, file, start)) {
    const message = messageIn(peer, line);
    if (message !== undefined) yield { ...message, isFromStart };
  }
  for (const archived of await archivedOutboxes({ files, stateRoot })) {
    if (archived.peer !== peer) continue;
    const taken = await readTaken({ files, stateRoot }, archived) ?? Infinity;
    if (((await files.stat(archived.path))?.size ?? 0) <= taken) continue;
    for await (const line of readLines(files, archived.path, taken)) {
      const message = messageIn(peer, line);
      if (message !== undefined) yield { ...message, archived, isFromStart: true };
    }
  }
}

function messageIn(peer: Handle, line: Line): Waiting | undefined {
  const found = outboxLine(line);
  if (found.tag !== "signed" && found.tag !== "partial") return undefined;
  const { id, value } = found.event;
  return {
    offset: line.offset,
    length: line.end - line.offset - 1,
    event: found.event,
    text: line.text ?? "",
    id: found.tag === "signed" ? id : "",
    line: found.tag === "signed" ? "" : sha256Hex(`${peer}\n${found.event.text}`),
    to: stringMember(value, "to") ?? "",
    timestamp: stringMember(value, "timestamp") ?? "",
  };
}

type Recent = ReadonlyMap<string, { readonly steps: ReadonlySet<DeliveryStep> }>;

const isSettled = (recent: Recent, id: string): boolean => isEventId(id) && recent.has(id);
