/**
 * JSON texts to values, without losing a digit. Every failure is a {@linkcode JsonError}.
 * See docs/protocol/identity-and-events.md §5.
 */
import { JsonError } from "./json_error.ts";
import { MAX_JSON_BYTES, MAX_JSON_DEPTH } from "./limits.ts";
import { quote } from "./quote.ts";
import { JsonReader } from "./reader.ts";
import type { Json } from "./value.ts";

export { JsonError, type JsonErrorReason } from "./json_error.ts";

export interface ParseOptions {
  /** UTF-8 bytes of the text at most; {@linkcode MAX_JSON_BYTES} unless set. */
  readonly maxBytes?: number;
  /** Containers inside each other at most; 127 unless set, and never more. */
  readonly maxDepth?: number;
  /** What a second member of the same name means; the last one wins unless set. */
  readonly repeatedMembers?: "last_wins" | "refuse";
}

/**
 * Reads one JSON value; nothing but whitespace may stand around it. Numbers come as `JsonNumber`,
 * objects without a prototype.
 * @throws {JsonError} for everything that the reference's reader refuses, and beyond the limits
 */
export function parseJson(text: string, options: ParseOptions = {}): Json {
  checkSize(text, options.maxBytes ?? MAX_JSON_BYTES);
  const depth = Math.min(options.maxDepth ?? MAX_JSON_DEPTH, MAX_JSON_DEPTH);
  const reader = new JsonReader(text, depth);
  const value = reader.document();
  if (reader.repeated !== undefined && options.repeatedMembers === "refuse") {
    throw repeatedMember(reader.repeated);
  }
  return value;
}

export const repeatedMember = (name: string): JsonError =>
  new JsonError(
    "repeated_member",
    `Cannot take JSON: the member ${quote(name.slice(0, 64))} stands there twice`,
  );

/** @throws {JsonError} too_large if the text has more UTF-8 bytes than `maxBytes` */
export function checkSize(text: string, maxBytes: number): void {
  if (text.length * 3 <= maxBytes) return;
  if (text.length <= maxBytes && utf8Length(text) <= maxBytes) return;
  throw new JsonError("too_large", `Cannot read JSON: it is longer than ${maxBytes} bytes`);
}

/** Bytes of the text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair counts two: four bytes for the pair.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Bytes to text, a byte order mark kept (so that the parser refuses it, as the reference does).
 * @throws {JsonError} bad_utf8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    // The decoder's own error says nothing more.
    throw new JsonError("bad_utf8", "Cannot read JSON: the bytes are not UTF-8");
  }
}
