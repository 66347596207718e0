/**
 * Reads what was posted, whose values of interest are events: each comes with its stored form, its id
 * and its hash input from the one pass over the text. See docs/protocol/extensions.md §1.
 */
import { canonical } from "../json/canonical.ts";
import { printJson } from "../json/print.ts";
import { JsonReader } from "../json/reader.ts";
import { isJsonObject, type Json, stringMember } from "../json/value.ts";
import { hashInputOf } from "./hash_input.ts";
import type { Hashable } from "./read.ts";

/** Any JSON value may be posted; what is no object has no id and hashes to nothing. */
export interface PostedEvent extends Hashable {
  /** Stored form. */
  readonly text: string;
  /** `event_id` if the value is an object and that is a string. */
  readonly id: string | undefined;
}

export interface TakenEvent {
  readonly event: PostedEvent;
  readonly value: Json;
  /** A member stands twice somewhere in it. */
  readonly isRepeating: boolean;
}

export class PostedReader extends JsonReader {
  /** @param read reads the value that stands here, whose members lie at `spanDepth` */
  protected takeEvent(read: () => Json): TakenEvent {
    this.stored = true;
    this.plainNumbers = true;
    this.repeated = undefined;
    this.spans.length = 0;
    const start = this.offset;
    const value = read();
    const end = this.offset;
    const isStored = this.stored;
    const isRepeating = this.repeated !== undefined;
    this.repeated = undefined;
    const { text } = this;
    const event = {
      text: isStored ? text.slice(start, end) : printJson(value),
      value,
      id: isJsonObject(value) ? stringMember(value, "event_id") : undefined,
      hashInput: isStored
        ? hashInputOf(text, { start, end, spans: this.spans })
        : canonical(value, "event"),
      plainNumbers: this.plainNumbers,
    };
    return { event, value, isRepeating };
  }
}
