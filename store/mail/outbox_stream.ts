/**
 * Which place in its stream the next message to a peer has. The outbox line itself says it, so that
 * message and number reach the disk together; a small file, `state/wire/delivery/<peer>.stream.json`,
 * only says where to begin to look. See docs/protocol/extensions.md §7.
 *
 * Numbers of lines that are about to be signed stand in signing_intents.ts until their lines do.
 * To be asked under the outbox's append lock. A file that somebody else made shorter, or that lies
 * behind without the small file, begins another stream: that is no gap.
 */
import path from "node:path";
import { z } from "zod";
import type { Files } from "../../platform/files.ts";
import type { Random } from "../../platform/random.ts";
import { MOST_VOIDS, type StreamPlace, streamPlaceOf } from "../../protocol/delivery/thread.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import { type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import { readLines } from "./jsonl.ts";
import { mailFile, mailPaths } from "./mail_paths.ts";
import { outboxLine } from "./outbox_line.ts";
import type { SigningIntent } from "./signing_intents.ts";

export interface StreamDependencies {
  readonly files: Files;
  readonly random: Random;
  readonly stateRoot: string;
  /** Whether a line is really a message of ours: others may append, too. */
  isOurs(event: WireEvent): boolean;
}

/** As of a place in the outbox. */
const Checkpoint = z.object({
  stream: z.string().regex(/^[0-9a-f]{16}$/),
  seq: z.int().nonnegative(),
  prev: z.string().refine(isEventId).optional(),
  /** In bytes from the start of the outbox file. */
  offset: z.int().nonnegative(),
  /** Seqs that were said to be void. */
  voids: z.array(z.int().positive()).max(MOST_VOIDS),
});
type Checkpoint = z.infer<typeof Checkpoint>;

/** What `send` may have to read; beyond it the place is written down again. */
const CHECKPOINT_BYTES = 16 * 1024;
const STREAM_BYTES = 8;

export class OutboxStream {
  readonly #deps: StreamDependencies;
  readonly #outbox: string;
  readonly #file: string;

  constructor(peer: Handle, deps: StreamDependencies) {
    const { outbox, delivery } = mailPaths(deps.stateRoot);
    this.#deps = deps;
    this.#outbox = mailFile(outbox, peer);
    this.#file = path.join(delivery, `${peer}.stream.json`);
  }

  /**
   * @param cancelled seqs by stream that will never be sent, and of which nobody may know yet
   * @param intents what agents' lines become, whether the signed lines stand there yet or not
   * @throws {WireError} unreadable, write_failed
   */
  async next(
    cancelled: ReadonlyMap<string, readonly number[]>,
    intents: readonly SigningIntent[],
  ): Promise<StreamPlace> {
    const last = await this.#last();
    const told = new Set(last.voids);
    const gone = cancelled.get(last.stream) ?? [];
    let { seq, prev } = last;
    for (const { place, event_id } of intents) {
      if (place?.stream !== last.stream || gone.includes(place.seq)) continue;
      for (const one of place.voids) told.add(one);
      if (place.seq <= seq) continue;
      ({ seq } = place);
      prev = event_id;
    }
    const voids = gone.filter((one) => !told.has(one));
    return {
      stream: last.stream,
      // Its line may be blank by now, and its number is still no other message's.
      seq: Math.max(seq, ...gone) + 1,
      prev,
      voids: voids.slice(0, MOST_VOIDS),
    };
  }

  /**
   * Before lines are taken out of the outbox: where to begin to look is its start, before and after.
   * @throws {WireError} unreadable, write_failed
   */
  async rewind(): Promise<void> {
    if (await this.#saved() === undefined) return;
    await this.#save({ ...await this.#last(), offset: 0 });
  }

  async #last(): Promise<Checkpoint> {
    const { files } = this.#deps;
    const size = (await files.stat(this.#outbox))?.size ?? 0;
    const saved = await this.#saved();
    if (saved === undefined || saved.offset > size) {
      return await this.#save({ stream: this.#newStream(), seq: 0, offset: size, voids: [] });
    }
    let { seq, offset } = saved;
    let prev: EventId | undefined = saved.prev;
    const voids = [...saved.voids];
    for await (const line of readLines(files, this.#outbox, saved.offset)) {
      offset = line.end;
      const found = outboxLine(line);
      const place = found.tag === "signed" ? streamPlaceOf(found.event.value) : undefined;
      if (found.tag !== "signed" || place?.stream !== saved.stream || place.seq <= seq) continue;
      if (!this.#deps.isOurs(found.event) || !isEventId(found.event.id)) continue;
      ({ seq } = place);
      prev = found.event.id;
      voids.push(...place.voids);
    }
    const last = { stream: saved.stream, seq, prev, offset, voids: voids.slice(-MOST_VOIDS) };
    return offset - saved.offset < CHECKPOINT_BYTES ? last : await this.#save(last);
  }

  #newStream(): string {
    return this.#deps.random.bytes(STREAM_BYTES).toHex();
  }

  async #saved(): Promise<Checkpoint | undefined> {
    const text = await this.#deps.files.readText(this.#file);
    let value: unknown;
    try {
      value = text === undefined ? undefined : JSON.parse(text);
    } catch {
      return undefined; // replaced as a whole, so never torn: somebody else wrote it
    }
    const result = Checkpoint.safeParse(value);
    return result.success ? result.data : undefined;
  }

  async #save(checkpoint: Checkpoint): Promise<Checkpoint> {
    const { files } = this.#deps;
    await files.ensureDirectory(path.dirname(this.#file));
    await files.writeAtomic(this.#file, JSON.stringify(checkpoint), { point: "outbox.stream" });
    return checkpoint;
  }
}
