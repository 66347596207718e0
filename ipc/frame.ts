/** One message of a local socket: a JSON object on a line, with a `kind`. See docs/protocol/guard.md §3.8. */
import { WireError } from "../protocol/errors.ts";
import { parseJson } from "../protocol/json/parse.ts";
import { printJson } from "../protocol/json/print.ts";
import { isJsonObject, type JsonObject, stringMember } from "../protocol/json/value.ts";

/** Nothing that this socket carries is nested any deeper. */
const MAX_DEPTH = 32;

/** @throws {WireError} bad_json; bad_input, when it is no object with a `kind` */
export function parseFrame(text: string): JsonObject {
  const value = parseJson(text, { maxDepth: MAX_DEPTH, repeatedMembers: "refuse" });
  if (isJsonObject(value) && stringMember(value, "kind") !== undefined) return value;
  throw new WireError("bad_input", 'Cannot take a message: expected an object with a "kind"');
}

export const printFrame = (frame: JsonObject): Uint8Array =>
  new TextEncoder().encode(`${printJson(frame)}\n`);

/** What a refusal or a failure looks like. */
export const errorFrame = (code: string, message: string): JsonObject => ({
  kind: "error",
  code,
  message,
});
