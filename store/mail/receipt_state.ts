/**
 * How far a peer was told what became of its messages, and what of the peer's receipts meant nothing:
 * `state/wire/delivery/<peer>.receipts.json`. Our own inbox file is the list of what is to be told, so
 * that nothing is told before it is on the disk, and nobody who dies forgets it.
 */
import path from "node:path";
import { z } from "zod";
import type { Files } from "../../platform/files.ts";
import { LONGEST_REASON } from "../../protocol/delivery/receipts.ts";
import { type Handle, isEventId } from "../../protocol/ids.ts";
import { mailPaths } from "./mail_paths.ts";

/** Rejections that wait to be told; the oldest give way. */
export const MOST_REJECTIONS = 256;

const count = z.int().nonnegative();
const ReceiptState = z.object({
  /** Of the peer's inbox file, in bytes: what stands before it was told. */
  offset: count,
  /** Of the list of what was read, in bytes. */
  reads: count.default(0),
  /** Entries of the peer's receipts that named no message of ours to it. */
  ignored: count.default(0),
  rejected: z.array(z.object({
    event_id: z.string().refine(isEventId),
    reason: z.string().max(LONGEST_REASON),
  })).max(MOST_REJECTIONS).default([]),
});
export type ReceiptState = z.infer<typeof ReceiptState>;

export interface ReceiptStateDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

const fileOf = (stateRoot: string, peer: Handle): string =>
  path.join(mailPaths(stateRoot).delivery, `${peer}.receipts.json`);

/** @returns undefined when nothing was ever told, or somebody else wrote the file */
export async function readReceiptState(
  { files, stateRoot }: ReceiptStateDependencies,
  peer: Handle,
): Promise<ReceiptState | undefined> {
  const text = await files.readText(fileOf(stateRoot, peer));
  let value: unknown;
  try {
    value = text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // then what is in the inbox now counts as told
  }
  const result = ReceiptState.safeParse(value);
  return result.success ? result.data : undefined;
}

/** On the disk when this returns. @throws {WireError} write_failed */
export async function writeReceiptState(
  { files, stateRoot }: ReceiptStateDependencies,
  peer: Handle,
  state: ReceiptState,
): Promise<void> {
  await files.ensureDirectory(mailPaths(stateRoot).delivery);
  await files.writeAtomic(fileOf(stateRoot, peer), JSON.stringify(state), {
    point: "delivery.receipts",
  });
}
