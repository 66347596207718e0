/** Reading a home's JSON files: missing is one thing, broken is another. */
import { unreadable } from "../../platform/file_errors.ts";
import type { Files } from "../../platform/files.ts";
import { JsonError, parseJson } from "../../protocol/json/parse.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  JsonNumber,
  type JsonObject,
} from "../../protocol/json/value.ts";

/** Far more than any file of a home should hold. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/**
 * @returns the object in that file, or undefined when there is no such file
 * @throws {WireError} unreadable, naming the file
 */
export async function readJsonObject(files: Files, path: string): Promise<JsonObject | undefined> {
  const text = await files.readText(path);
  return text === undefined ? undefined : objectIn(text, path);
}

/** @throws {WireError} unreadable, if the text of that file is not one JSON object */
export function objectIn(text: string, path: string): JsonObject {
  let value: Json;
  try {
    value = parseJson(text, { maxBytes: MAX_FILE_BYTES });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw unreadable(path, error.message, error);
  }
  if (!isJsonObject(value)) throw unreadable(path, "expected a JSON object");
  return value;
}

/** Whether every part of the value can be written as JSON. */
export function isJson(value: unknown): value is Json {
  if (value === null || value instanceof JsonNumber) return true;
  if (typeof value !== "object") return ["string", "number", "boolean"].includes(typeof value);
  const parts = isJsonArray(value) ? value : Object.values(value);
  return parts.every((part: unknown) => part === undefined || isJson(part));
}
