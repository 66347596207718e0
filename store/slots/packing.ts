/**
 * A segment: consecutive events of one slot packed into one value. Each entry carries id and digest
 * beside the body, so that a restart parses no JSON.
 *
 *     segment  version (1) · payload length (u32) · number of entries (u32) · payload
 *     entry    id kind (1): none 0, hash 1, text 2, introduction 3; plus 128 if it came with a grant
 *              · the grant's id (8), if so · id: 32 bytes, or length (1) and text · digest (16)
 *              · body length (u32) · body
 *     dropped  kind (1): 4 with an id, 5 without · if 4: id (32, a text hashed) · digest (16)
 *
 * An introduction has a hash as its id and no body here: that lies apart, while it lasts. A dropped
 * event has no body anywhere.
 *
 * Numbers are big-endian. A segment longer than a value may be is cut into chunks as bytes.
 */
import { joinBytes } from "../../protocol/bytes.ts";
import { WireError } from "../../protocol/errors.ts";
import { DIGEST_BYTES, isHashId, KEY_BYTES, keyOf } from "./event_key.ts";

export const SEGMENT_VERSION = 1;
export const HEADER_BYTES = 9;

const NO_ID = 0;
const HASH_ID = 1;
const TEXT_ID = 2;
const INTRO_ID = 3;
const DROPPED_ID = 4;
const DROPPED = 5;
/** Set in the kind: the id of a grant follows. */
const WITH_GRANT = 0x80;
const GRANT_BYTES = 8;
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
  /** The body is gone; only the id is remembered. */
  readonly isDropped?: true;
  /** 16 hex digits: the grant it came with. */
  readonly via: string | undefined;
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
  { key, digest, body, isIntro, via }: Entry,
): Uint8Array {
  const text = id === undefined || isHashId(id) ? undefined : new TextEncoder().encode(id);
  if (text !== undefined && text.length > MAX_TEXT_ID_BYTES) {
    throw new WireError("bad_input", "Cannot store an event: its id is longer than 255 bytes");
  }
  if (isIntro && (text !== undefined || key === undefined || body.length > 0)) {
    throw new WireError("bad_input", "Cannot store an introduction: its id is no hash");
  }
  const grant = via === undefined ? undefined : grantBytes(via);
  const idAt = 1 + (grant?.length ?? 0);
  const digestAt = idAt + (text === undefined ? key?.length ?? 0 : 1 + text.length);
  const packed = new Uint8Array(digestAt + DIGEST_BYTES + 4 + body.length);
  if (text !== undefined) {
    packed[0] = TEXT_ID;
    packed[idAt] = text.length;
    packed.set(text, idAt + 1);
  } else if (key !== undefined) {
    packed[0] = isIntro ? INTRO_ID : HASH_ID;
    packed.set(key, idAt);
  }
  if (grant !== undefined) {
    packed[0] = (packed[0] ?? NO_ID) | WITH_GRANT;
    packed.set(grant, 1);
  }
  packed.set(digest, digestAt);
  const at = writeU32(packed, digestAt + DIGEST_BYTES, body.length);
  packed.set(body, at);
  return packed;
}

/** @returns the bytes of an entry whose body goes; what it came with is forgotten too */
export function packDropped({ key, digest }: Pick<Entry, "key" | "digest">): Uint8Array {
  if (key === undefined) return Uint8Array.of(DROPPED);
  return joinBytes([Uint8Array.of(DROPPED_ID), key, digest]);
}

function grantBytes(via: string): Uint8Array {
  if (/^[0-9a-f]{16}$/.test(via)) return Uint8Array.fromHex(via);
  throw new WireError("bad_input", "Cannot store an event: its grant has no id of 16 hex digits");
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
    const kind = segment[at] ?? NO_ID;
    if (kind === DROPPED_ID || kind === DROPPED) {
      const entry = readDropped(segment, kind, at + 1);
      entries.push(entry);
      at = entry.end;
      continue;
    }
    const idAt = at + 1 + ((kind & WITH_GRANT) === 0 ? 0 : GRANT_BYTES);
    const via = idAt === at + 1 ? undefined : segment.subarray(at + 1, idAt).toHex();
    const isIntro = (kind & ~WITH_GRANT) === INTRO_ID;
    const key = readKey(segment, kind & ~WITH_GRANT, idAt);
    at = key.end;
    const digest = segment.subarray(at, at + DIGEST_BYTES);
    at += DIGEST_BYTES;
    const length = readU32(segment, at);
    at += 4;
    entries.push({ key: key.key, digest, body: segment.subarray(at, at + length), isIntro, via });
    at += length;
  }
  if (at !== segment.length || entries.length !== count) {
    throw damaged("a segment ends at the wrong place");
  }
  return { entries, payload: segment.subarray(HEADER_BYTES) };
}

/** @param at where the id begins, if there is one */
function readDropped(bytes: Uint8Array, kind: number, at: number): Entry & { end: number } {
  const keyEnd = at + (kind === DROPPED ? 0 : KEY_BYTES);
  const end = kind === DROPPED ? at : keyEnd + DIGEST_BYTES;
  return {
    key: kind === DROPPED ? undefined : bytes.subarray(at, keyEnd),
    digest: bytes.subarray(keyEnd, end),
    body: bytes.subarray(end, end),
    isIntro: false,
    isDropped: true,
    via: undefined,
    end,
  };
}

/** @param at where the id begins */
function readKey(
  bytes: Uint8Array,
  kind: number,
  at: number,
): { key: Uint8Array | undefined; end: number } {
  switch (kind) {
    case NO_ID:
      return { key: undefined, end: at };
    case HASH_ID:
    case INTRO_ID:
      return { key: bytes.subarray(at, at + KEY_BYTES), end: at + KEY_BYTES };
    case TEXT_ID: {
      const end = at + 1 + (bytes[at] ?? 0);
      return { key: keyOf(new TextDecoder().decode(bytes.subarray(at + 1, end))), end };
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
