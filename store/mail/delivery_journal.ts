/**
 * What is known about each message that we sent, with its evidence: one line a step, in
 * `state/wire/delivery/<peer>.jsonl`; older messages move to an archive that is sorted by id, so that
 * nothing here grows with all that was ever sent. See docs/protocol/extensions.md §5. 0.5.19 has no
 * such file and posts every line again; its relay answers "duplicate".
 *
 * One writer, whoever holds the home's daemon.lock, and in it one object: two would lose lines.
 */
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { type DeliveryStep, furthestOf } from "../../protocol/delivery/steps.ts";
import type { EventId, Handle } from "../../protocol/ids.ts";
import { DeliveryArchive } from "./delivery_archive.ts";
import { type JournalEntry, merged, parseEntry, printEntry } from "./journal_entry.ts";
import { mailFile, mailPaths } from "./mail_paths.ts";

export { DELIVERY_STEPS, type DeliveryStep } from "../../protocol/delivery/steps.ts";
export type { Evidence, JournalEntry } from "./journal_entry.ts";

export interface JournalDependencies {
  readonly files: Files;
  readonly stateRoot: string;
  readonly limits?: JournalLimits;
}

export interface JournalLimits {
  /** A journal that is longer is cut. */
  readonly longestBytes: number;
  /** What then stays, of the newest messages. */
  readonly keptBytes: number;
}

export const JOURNAL_LIMITS: JournalLimits = {
  longestBytes: 512 * 1024,
  keptBytes: 256 * 1024,
};

/** What is in memory of a message. */
export interface Progress {
  readonly steps: ReadonlySet<DeliveryStep>;
  /** The DID that it was addressed to, where the journal says it. */
  readonly to: string | undefined;
}

interface Index {
  /** How far the file is known. */
  end: number;
  readonly messages: Map<EventId, { readonly steps: Set<DeliveryStep>; to: string | undefined }>;
}

export class DeliveryJournal {
  readonly #files: Files;
  readonly #directory: string;
  readonly #archive: DeliveryArchive;
  readonly #limits: JournalLimits;
  readonly #indexes = new Map<Handle, Index>();
  /** The end of the row of those who write to a peer's file. */
  readonly #turns = new Map<Handle, Promise<void>>();

  constructor({ files, stateRoot, limits = JOURNAL_LIMITS }: JournalDependencies) {
    this.#files = files;
    this.#directory = mailPaths(stateRoot).delivery;
    this.#archive = new DeliveryArchive({ files, stateRoot });
    this.#limits = limits;
  }

  path(peer: Handle): string {
    return mailFile(this.#directory, peer);
  }

  /**
   * One write and one fsync for all entries.
   * @throws {WireError} write_failed: the messages count as queued and will be posted again, which
   * the relay answers with "duplicate"
   */
  record(peer: Handle, entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve();
    return this.#inTurn(peer, async () => {
      await this.#files.ensureDirectory(this.#directory);
      const text = entries.map(printEntry).join("");
      await this.#files.append(this.path(peer), text, { point: "delivery.record" });
      const index = await this.#refreshed(peer);
      if (index.end > this.#limits.longestBytes) await this.#cutIfPossible(peer);
    });
  }

  /** The newest messages: all those that are not in the archive. */
  async recent(peer: Handle): Promise<ReadonlyMap<EventId, Progress>> {
    return (await this.#refreshed(peer)).messages;
  }

  /** Ids of all messages of which anything is known; reads everything. */
  async everKnown(peer: Handle): Promise<ReadonlySet<string>> {
    return new Set([...await this.#archive.ids(peer), ...(await this.recent(peer)).keys()]);
  }

  /** The furthest step that the journal proves for this message, or undefined. */
  async furthestStep(peer: Handle, id: EventId): Promise<DeliveryStep | undefined> {
    const recent = (await this.recent(peer)).get(id);
    const known = recent === undefined ? undefined : furthestOf(recent.steps);
    const old = (await this.#archive.find(peer, id)).get(id)?.map(({ step }) => step) ?? [];
    return furthestOf(known === undefined ? old : [known, ...old]);
  }

  /** Each step with its evidence, in the order of what they prove. */
  async history(peer: Handle, id: EventId): Promise<readonly JournalEntry[]> {
    return (await this.find(peer, id)).get(id) ?? [];
  }

  /** What is known of a message from before the journal was cut. */
  async archived(peer: Handle, id: EventId): Promise<readonly JournalEntry[]> {
    return (await this.#archive.find(peer, id)).get(id) ?? [];
  }

  /** Places, by stream, of messages that were taken back: those of which the journal itself tells. */
  async cancelled(peer: Handle): Promise<ReadonlyMap<string, readonly number[]>> {
    const bytes = await this.#files.readBytes(this.path(peer)) ?? new Uint8Array(0);
    const text = new TextDecoder().decode(bytes);
    const seqs = new Map<string, number[]>();
    // Asked before every message: nothing else of the journal is parsed.
    for (const [line] of text.matchAll(/^.*"step":"cancelled".*$/gm)) {
      const entry = parseEntry(line);
      const { stream, seq } = entry?.step === "cancelled" ? entry.evidence : {};
      if (typeof stream !== "string" || typeof seq !== "number") continue;
      seqs.set(stream, [...seqs.get(stream) ?? [], seq]);
    }
    return seqs;
  }

  /** What is known of messages whose id begins so; of some, where there are many. */
  async find(peer: Handle, prefix: string): Promise<Map<EventId, readonly JournalEntry[]>> {
    // The journal first: what is cut meanwhile is then found in both.
    const recent = await this.#lines(peer);
    const found = await this.#archive.find(peer, prefix);
    const byId = Map.groupBy(recent, ({ event_id }) => event_id);
    for (const [id, entries] of byId) {
      if (id.startsWith(prefix)) found.set(id, merged([...found.get(id) ?? [], ...entries]));
    }
    return found;
  }

  /** One open file, so that it is the same one to its end also while it is replaced. */
  async #lines(peer: Handle): Promise<JournalEntry[]> {
    const bytes = await this.#files.readBytes(this.path(peer)) ?? new Uint8Array(0);
    return entriesIn(bytes);
  }

  async #refreshed(peer: Handle): Promise<Index> {
    let index = this.#indexes.get(peer);
    const size = (await this.#files.stat(this.path(peer)))?.size ?? 0;
    if (index === undefined || size < index.end) {
      index = { end: 0, messages: new Map() };
      this.#indexes.set(peer, index);
    }
    if (size === index.end) return index;
    const bytes = await this.#files.readAt(this.path(peer), index.end, size - index.end);
    const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1);
    for (const entry of entriesIn(whole)) learn(index, entry);
    index.end += whole.length;
    return index;
  }

  /** It is whole as it is: when there is no room, it is cut the next time. */
  async #cutIfPossible(peer: Handle): Promise<void> {
    try {
      await this.#cut(peer);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }

  /** First into the archive, then out of the journal: whoever dies in between has it in both. */
  async #cut(peer: Handle): Promise<void> {
    const byId = Map.groupBy(await this.#lines(peer), ({ event_id }) => event_id);
    const messages = [...byId].map(([event_id, steps]) => ({ event_id, steps }));
    const kept: string[] = [];
    let bytes = 0;
    while (messages.length > 0) {
      const text = messages.at(-1)?.steps.map(printEntry).join("") ?? "";
      bytes += text.length;
      if (bytes > this.#limits.keptBytes) break;
      kept.push(text);
      messages.pop();
    }
    await this.#archive.add(peer, messages);
    await this.#files.writeAtomic(this.path(peer), kept.reverse().join(""), {
      point: "delivery.cut",
    });
    this.#indexes.delete(peer);
  }

  /** A failed turn does not end the row. */
  #inTurn<T>(peer: Handle, work: () => Promise<T>): Promise<T> {
    const result = (this.#turns.get(peer) ?? Promise.resolve()).then(work);
    this.#turns.set(peer, result.then(() => undefined, () => undefined));
    return result;
  }
}

const LINE_FEED = 0x0a;

function entriesIn(bytes: Uint8Array): JournalEntry[] {
  const text = new TextDecoder().decode(bytes);
  return text.split("\n").flatMap((line) => line === "" ? [] : parseEntry(line) ?? []);
}

function learn(index: Index, { event_id, step, evidence }: JournalEntry): void {
  let message = index.messages.get(event_id);
  if (message === undefined) {
    index.messages.set(event_id, message = { steps: new Set(), to: undefined });
  }
  message.steps.add(step);
  const { to } = evidence;
  if (typeof to === "string") message.to ??= to;
}
