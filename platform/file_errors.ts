/** The WireErrors that every implementation of Files throws, and their texts. */
import { WireError } from "../protocol/errors.ts";

/** A file is there and cannot be read. Never for a missing one. */
export const unreadable = (path: string, problem: string, cause?: unknown): WireError =>
  new WireError("unreadable", `Cannot read ${JSON.stringify(path)}: ${problem}`, { cause });

/** What was to be written did not reach the disk. */
export const writeFailed = (path: string, problem: string, cause?: unknown): WireError =>
  new WireError("write_failed", `Cannot write ${JSON.stringify(path)}: ${problem}`, { cause });

export const alreadyExists = (path: string): WireError =>
  new WireError("conflict", `Cannot create ${JSON.stringify(path)}: it exists already`);

export const isLink = (path: string): WireError =>
  new WireError("conflict", `Cannot link ${JSON.stringify(path)}: it is a symbolic link`);

/** @param holder as `lockHolder` tells it */
export const lockedBy = (path: string, holder: string): WireError =>
  new WireError("locked", `Cannot lock ${JSON.stringify(path)}: held by ${holder}`, {
    hint: "wait until it is done, or stop that process",
  });

/** What a lock's owner file says, and what whoever waits is shown. */
export const ownerText = (owner: string, pid: number, since: string): string =>
  `${owner} (pid ${pid}) since ${since}`;

/** The holder of a lock whose owner file is missing or unreadable. */
export const UNKNOWN_HOLDER = "another process that left no name";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws {WireError} unreadable, if the bytes are not UTF-8; a byte order mark is kept */
export function textOf(path: string, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw unreadable(path, "not UTF-8 text", cause);
  }
}

const encoder = new TextEncoder();

export const bytesOf = (data: Uint8Array | string): Uint8Array =>
  typeof data === "string" ? encoder.encode(data) : data;

const LINE_FEED = 0x0a;

/**
 * What an append writes: `data`, after a line feed when the file's last byte is not one.
 * @param lastByte of the file as it is, or undefined when it is empty
 */
export function appendix(lastByte: number | undefined, data: Uint8Array): Uint8Array {
  if (lastByte === undefined || lastByte === LINE_FEED) return data;
  const mended = new Uint8Array(data.length + 1);
  mended[0] = LINE_FEED;
  mended.set(data, 1);
  return mended;
}
