/**
 * What a relay reads from its WebSocket: one JSON object, whose `events`, if it has any, come with
 * their stored forms. See docs/protocol/extensions.md §3.
 */
import { MAX_JSON_DEPTH } from "../json/limits.ts";
import { isJsonObject, type Json, type JsonObject } from "../json/value.ts";
import { PostedReader, type TakenEvent } from "./posted_reader.ts";

export type ReadFrame =
  | { readonly ok: true; readonly value: JsonObject; readonly events: readonly TakenEvent[] }
  | { readonly ok: false; readonly reason: "not_an_object" | "repeated_member" };

const EVENTS = "events";
/** Of the array; events lie one deeper. */
const ARRAY_DEPTH = 2;

/**
 * An event may be nested as deep as in the body of a POST.
 * @param text bounded by the socket
 * @throws {JsonError} if it is not JSON, or too deep
 */
export function readFrame(text: string): ReadFrame {
  const reader = new FrameReader(text, MAX_JSON_DEPTH + 1, ARRAY_DEPTH + 1);
  const value = reader.document();
  if (!isJsonObject(value)) return { ok: false, reason: "not_an_object" };
  if (reader.isRepeatingOutside) return { ok: false, reason: "repeated_member" };
  return { ok: true, value, events: reader.events };
}

class FrameReader extends PostedReader {
  readonly events: TakenEvent[] = [];
  #isInEvents = false;
  #repeatedBefore = false;

  /** True if a member stands twice anywhere but in an event. */
  get isRepeatingOutside(): boolean {
    return this.#repeatedBefore || this.repeated !== undefined;
  }

  protected override readMember(name: string, depth: number): Json {
    if (depth !== 1) return super.readMember(name, depth);
    this.#noteRepeated();
    this.#isInEvents = name === EVENTS;
    const value = super.readMember(name, depth);
    this.#isInEvents = false;
    return value;
  }

  protected override readItem(depth: number): Json {
    if (depth !== ARRAY_DEPTH || !this.#isInEvents) return super.readItem(depth);
    this.#noteRepeated();
    const taken = this.takeEvent(() => super.readItem(depth));
    this.events.push(taken);
    return taken.value;
  }

  /** Before an event makes its own note of it. */
  #noteRepeated(): void {
    if (this.repeated !== undefined) this.#repeatedBefore = true;
  }
}
