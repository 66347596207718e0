/**
 * Text that somebody else wrote, made safe for a model: nothing invisible, nothing that reorders, and
 * never more than was meant to be read at once. Pure.
 */
import { JsonNumber } from "../protocol/json/value.ts";
import { isJsonArray, isJsonObject, type Json } from "../protocol/json/value.ts";

/**
 * Controls, what no reader sees (joiners, fillers, tags, selectors: whole messages hide in them),
 * reordering, separators that look like line ends, half surrogates. Line feed and tab stay.
 */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}]/gu;

export const cleanText = (text: string): string => text.replace(UNSEEN, "");

/** The same value, with every text in it cleaned, names of members too. */
export function cleanJson(value: Json): Json {
  if (typeof value === "string") return cleanText(value);
  if (value instanceof JsonNumber) return value;
  if (isJsonArray(value)) return value.map(cleanJson);
  if (!isJsonObject(value)) return value;
  const copy: Record<string, Json> = Object.create(null);
  for (const [name, inner] of Object.entries(value)) {
    if (inner !== undefined) copy[cleanText(name)] = cleanJson(inner);
  }
  return copy;
}

export interface Part {
  readonly text: string;
  /** Where the next part begins, in characters; undefined when this was the last one. */
  readonly next: number | undefined;
}

/** @param from counted in UTF-16 units, as `next` */
export function partOf(text: string, from: number, length: number): Part {
  let end = Math.min(text.length, from + length);
  // Not through the middle of a character.
  if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end--;
  return { text: text.slice(from, end), next: end < text.length ? end : undefined };
}
