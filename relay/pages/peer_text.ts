/**
 * What strangers wrote, made fit for a page: any type of JSON, one line, bounded, nothing that turns
 * the reading direction or grows over its neighbours.
 */
import { isJsonArray, type Json, JsonNumber } from "../../protocol/json/value.ts";

/** Controls, half surrogates, separators and every invisible format character. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Cf}\p{Co}\p{Cn}]/gu;
const LINE_ENDS_AND_TABS = /[\n\r\t\u0085\u2028\u2029]+/g;
/** The only invisible character with a meaning: between two pictures it makes one of them. */
const JOINED =
  /(\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]*)\u200d(?=\p{Extended_Pictographic})/gu;
/** Stands in for a joiner while the others go: no text has it, since UNSEEN takes it away first. */
const JOINER = "\ue000";
/** More than any language stacks. */
const MANY_MARKS = /(\p{M}{4})\p{M}+/gu;

/** @param maxCharacters code points; what is cut off is shown as `…` */
export function peerText(value: Json | undefined, maxCharacters: number): string {
  const text = wordsOf(value, maxCharacters);
  const head = text.slice(0, maxCharacters * 4);
  const clean = head
    .replaceAll(JOINER, "")
    .replace(JOINED, `$1${JOINER}`)
    .replace(LINE_ENDS_AND_TABS, " ")
    .replace(UNSEEN, (c) => c === JOINER ? "\u200d" : "")
    .replace(MANY_MARKS, "$1")
    .trim();
  const characters = [...clean];
  if (characters.length <= maxCharacters && head.length === text.length) return clean;
  return characters.slice(0, maxCharacters).join("") + "…";
}

const MAX_ITEMS = 12;

/** Objects have no words; of a list, its words. */
function wordsOf(value: Json | undefined, maxCharacters: number): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (value instanceof JsonNumber) return value.text;
  if (!isJsonArray(value)) return "";
  return value.slice(0, MAX_ITEMS)
    .filter((item) => !isJsonArray(item))
    .map((item) => peerText(item, maxCharacters))
    .filter((item) => item !== "")
    .join(", ");
}
