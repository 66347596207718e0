/**
 * Which signed event a partial outbox line became, written before the signed line is appended: a
 * crash between appending and blanking then repeats neither. One small file per peer, replaced as a
 * whole: `state/wire/delivery/<peer>.signing.json`.
 */
import path from "node:path";
import { z } from "zod";
import type { Files } from "../../platform/files.ts";
import { MOST_VOIDS } from "../../protocol/delivery/thread.ts";
import { type Handle, isEventId } from "../../protocol/ids.ts";
import { mailPaths } from "./mail_paths.ts";

const EventIdText = z.string().refine(isEventId);
const SigningIntent = z.object({
  /** SHA-256 of the partial line's stored form, 64 hex digits. */
  partial: z.string(),
  /** Where the partial line starts in its file; NOWHERE once that file was replaced. */
  offset: z.number(),
  /** The number of the archived outbox in which it stands; left out: in the outbox. */
  archived: z.int().optional(),
  event_id: EventIdText,
  /** What the signed event carries: signing again with them gives the same bytes. */
  timestamp: z.string(),
  to: z.string(),
  /** Its number, which is no other message's from now on; left out: it has none. */
  place: z.object({
    stream: z.string(),
    seq: z.int().positive(),
    prev: EventIdText.optional(),
    voids: z.array(z.int().positive()).max(MOST_VOIDS),
  }).optional(),
  /** When it was signed, ms since 1970. */
  at: z.number(),
});
export type SigningIntent = Readonly<z.infer<typeof SigningIntent>>;

export interface IntentsDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

/** The place of a line that is blank by now: of no line that comes. */
export const NOWHERE = -1;

/** More than any batch, so that the last batch is always complete. */
const MOST_KEPT = 4_096;
export const LARGEST_BATCH = 1_024;

export class SigningIntents {
  readonly #files: Files;
  readonly #directory: string;

  constructor({ files, stateRoot }: IntentsDependencies) {
    this.#files = files;
    this.#directory = mailPaths(stateRoot).delivery;
  }

  /** @throws {WireError} unreadable: signing without knowing what was signed would double it */
  async load(peer: Handle): Promise<SigningIntent[]> {
    return parseIntents(await this.#files.readText(this.#path(peer)));
  }

  /** Keeps the latest ones. On the disk when this returns. */
  async save(peer: Handle, intents: readonly SigningIntent[]): Promise<void> {
    await this.#files.ensureDirectory(this.#directory);
    const text = JSON.stringify(intents.slice(-MOST_KEPT));
    await this.#files.writeAtomic(this.#path(peer), text, { point: "outbox.intent" });
  }

  #path(peer: Handle): string {
    return path.join(this.#directory, `${peer}.signing.json`);
  }
}

function parseIntents(text: string | undefined): SigningIntent[] {
  if (text === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return []; // never torn, since it is replaced as a whole: somebody else wrote it
  }
  return Array.isArray(value)
    ? value.flatMap((entry) => SigningIntent.safeParse(entry).data ?? [])
    : [];
}
