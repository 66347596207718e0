/**
 * How far an outbox file is settled, on the disk: `state/wire/delivery/<peer>.position.json`. Lines
 * before the offset are delivered, but for those that are listed. See docs/protocol/extensions.md §14
 * ruling 1.
 */
import path from "node:path";
import { z } from "zod";
import type { Files } from "../../platform/files.ts";
import type { Handle } from "../../protocol/ids.ts";
import { mailPaths } from "./mail_paths.ts";

/** Where a line stands, without its line feed. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

export interface OutboxPosition {
  readonly offset: number;
  /** Of the bytes right before the offset, hex. */
  readonly sha256: string;
  /** Lines before the offset that are still to be delivered, in order. */
  readonly pending: readonly Place[];
}

/** So many can be listed; the offset is then that of the next one. */
export const MOST_PENDING = 1_000;

const count = z.int().nonnegative();
const Position = z.object({
  offset: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  pending: z.array(z.tuple([count, count])).max(MOST_PENDING).default([]),
});

/** Bytes before the offset that must still be the same. */
export const WINDOW_BYTES = 4_096;

export const positionPath = (stateRoot: string, peer: Handle): string =>
  path.join(mailPaths(stateRoot).delivery, `${peer}.position.json`);

/** @returns undefined when there is none, or none that we wrote: then all is read again */
export async function readPosition(
  files: Files,
  file: string,
): Promise<OutboxPosition | undefined> {
  const text = await files.readText(file);
  let value: unknown;
  try {
    value = text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // replaced as a whole, so never torn: somebody else wrote it
  }
  const result = Position.safeParse(value);
  if (!result.success) return undefined;
  const { offset, sha256, pending } = result.data;
  return {
    offset,
    sha256,
    pending: pending.filter(([at, length]) => at + length < offset)
      .map(([at, length]) => ({ offset: at, length })),
  };
}

export const printPosition = ({ offset, sha256, pending }: OutboxPosition): string =>
  JSON.stringify({ offset, sha256, pending: pending.map((place) => [place.offset, place.length]) });
