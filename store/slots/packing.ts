/**
 * A segment: consecutive events of one slot packed into one value. Each entry carries id and digest
 * beside the body, so that a restart parses no JSON.
 *
 *     segment  version (1) · payload length (u32) · number of entries (u32) · payload
 *     entry    id kind (1): none 0, hash 1, text 2, introduction 3 · id: 32 bytes, or length (1) and
 *              text · digest (16) · body length (u32) · body
 *
 * An introduction has a hash as its id and no body here: that lies apart, while it lasts.
 *
 * Numbers are big-endian. A segment longer than a value may be is cut into chunks as bytes.
 */
import { WireError } from "../../protocol/errors.ts";
import { DIGEST_BYTES, isHashId, KEY_BYTES, keyOf } from "./event_key.ts";

export const SEGMENT_VERSION = 1;
export const HEADER_BYTES = 9;

const NO_ID = 0;
const HASH_ID = 1;
const TEXT_ID = 2;
const INTRO_ID = 3;
const MAX_TEXT_ID_BYTES = 255;

/** One event as the store keeps it. */
export interface Entry {
  /** {@linkcode keyOf} its id, or undefined without id. */
  readonly key: Uint8Array | undefined;
  /** 16 bytes. */
  readonly digest: Uint8Array;
  /** UTF-8 of the stored form; empty for an introduction. */
  readonly body: Uint8Array;
  readonly isIntro: boolean;
}

export interface Segment {
  readonly entries: readonly Entry[];
  readonly payload: Uint8Array;
}

/**
 * @param key {@linkcode keyOf} the id, if there is one
 * @returns one entry's bytes
 * @throws {WireError} bad_input for an id of more than 255 bytes
 */
export function packEntry(
  id: string | undefined,
  { key, digest, body, isIntro }: Entry,
): Uint8Array {
  const text = id === undefined || isHashId(id) ? undefined : new TextEncoder().encode(id);
  if (text !== undefined && text.length > MAX_TEXT_ID_BYTES) {
    throw new WireError("bad_input", "Cannot store an event: its id is longer than 255 bytes");
  }
  if (isIntro && (text !== undefined || key === undefined || body.length > 0)) {
    throw new WireError("bad_input", "Cannot store an introduction: its id is no hash");
  }
  const idBytes = text === undefined ? key?.length ?? 0 : 1 + text.length;
  const packed = new Uint8Array(1 + idBytes + DIGEST_BYTES + 4 + body.length);
  if (text !== undefined) {
    packed[0] = TEXT_ID;
    packed[1] = text.length;
    packed.set(text, 2);
  } else if (key !== undefined) {
    packed[0] = isIntro ? INTRO_ID : HASH_ID;
    packed.set(key, 1);
  }
  packed.set(digest, 1 + idBytes);
  const at = writeU32(packed, 1 + idBytes + DIGEST_BYTES, body.length);
  packed.set(body, at);
  return packed;
}

/** @param payloads packed entries, each may hold several */
export function packSegment(payloads: readonly Uint8Array[], entries: number): Uint8Array {
  let length = 0;
  for (const payload of payloads) length += payload.length;
  const segment = new Uint8Array(HEADER_BYTES + length);
  segment[0] = SEGMENT_VERSION;
  let at = writeU32(segment, 1, length);
  at = writeU32(segment, at, entries);
  for (const payload of payloads) {
    segment.set(payload, at);
    at += payload.length;
  }
  return segment;
}

/** @throws {WireError} unreadable */
export function unpackSegment(segment: Uint8Array): Segment {
  const count = readU32(segment, 5);
  if (segment[0] !== SEGMENT_VERSION || readU32(segment, 1) !== segment.length - HEADER_BYTES) {
    throw damaged("a segment has a wrong header");
  }
  const entries: Entry[] = [];
  let at = HEADER_BYTES;
  while (at < segment.length) {
    const isIntro = segment[at] === INTRO_ID;
    const key = readKey(segment, at);
    at = key.end;
    const digest = segment.subarray(at, at + DIGEST_BYTES);
    at += DIGEST_BYTES;
    const length = readU32(segment, at);
    at += 4;
    entries.push({ key: key.key, digest, body: segment.subarray(at, at + length), isIntro });
    at += length;
  }
  if (at !== segment.length || entries.length !== count) {
    throw damaged("a segment ends at the wrong place");
  }
  return { entries, payload: segment.subarray(HEADER_BYTES) };
}

function readKey(bytes: Uint8Array, at: number): { key: Uint8Array | undefined; end: number } {
  switch (bytes[at]) {
    case NO_ID:
      return { key: undefined, end: at + 1 };
    case HASH_ID:
    case INTRO_ID:
      return { key: bytes.subarray(at + 1, at + 1 + KEY_BYTES), end: at + 1 + KEY_BYTES };
    case TEXT_ID: {
      const end = at + 2 + (bytes[at + 1] ?? 0);
      return { key: keyOf(new TextDecoder().decode(bytes.subarray(at + 2, end))), end };
    }
    default:
      throw damaged("a segment has an entry of unknown form");
  }
}

/** Payload length that a segment's first bytes announce. */
export const announcedLength = (firstChunk: Uint8Array): number =>
  HEADER_BYTES + readU32(firstChunk, 1);

export const damaged = (what: string): WireError =>
  new WireError("unreadable", `Cannot read the relay's store: ${what}`);

function writeU32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}

function readU32(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}
