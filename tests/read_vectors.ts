/**
 * Test vectors, read without losing a digit (a kind of `1000.0` must not become `1000`).
 * What they mean is said in tests/vectors/README.md.
 */
import assert from "node:assert/strict";
import { parseJson } from "../protocol/json/parse.ts";
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  member,
} from "../protocol/json/value.ts";

/** @param file name below tests/vectors/ */
export async function readVectors(file: string): Promise<JsonObject> {
  const text = await Deno.readTextFile(new URL(`vectors/${file}`, import.meta.url));
  const value = parseJson(text);
  assert.ok(isJsonObject(value));
  return value;
}

/** The member of that name, which is a list of objects; never an empty one. */
export function casesOf(object: JsonObject, name: string): JsonObject[] {
  const list = member(object, name);
  assert.ok(isJsonArray(list) && list.length > 0, `vectors have ${name}`);
  const cases = list.filter(isJsonObject);
  assert.equal(cases.length, list.length);
  return cases;
}

export function textOf(object: JsonObject, name: string): string {
  const value = member(object, name);
  assert.equal(typeof value, "string", `vector has the text ${name}`);
  return String(value);
}

export function objectOf(object: JsonObject, name: string): JsonObject {
  const value: Json | undefined = member(object, name);
  assert.ok(isJsonObject(value), `vector has the object ${name}`);
  return value;
}

export const bytesOf = (object: JsonObject, name: string): Uint8Array =>
  Uint8Array.fromHex(textOf(object, name));
