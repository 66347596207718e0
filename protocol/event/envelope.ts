/**
 * What a relay does with each POST: read `{"event": …}` once, and have the event's stored form, its
 * id and its hash input. See docs/protocol/relay.md §3.3, §5.3 and docs/protocol/extensions.md §1.
 */
import { canonical } from "../json/canonical.ts";
import { MAX_JSON_DEPTH } from "../json/limits.ts";
import { checkSize } from "../json/parse.ts";
import { printJson } from "../json/print.ts";
import { JsonReader } from "../json/reader.ts";
import { isJsonObject, type Json, stringMember } from "../json/value.ts";
import { hashInputOf } from "./hash_input.ts";
import { MAX_BODY_BYTES } from "./limits.ts";
import type { Hashable } from "./read.ts";

/** Any JSON value may be posted; what is no object has no id and hashes to nothing. */
export interface PostedEvent extends Hashable {
  /** Stored form. */
  readonly text: string;
  /** `event_id` if the value is an object and that is a string. */
  readonly id: string | undefined;
}

export type Envelope =
  | { readonly ok: true; readonly event: PostedEvent; readonly value: Json }
  | {
    readonly ok: false;
    /** `repeated_in_event` is 400, the others are 422: the text is JSON of the wrong shape. */
    readonly reason: "not_an_object" | "missing_event" | "repeated_member" | "repeated_in_event";
  };

const EVENT = "event";

/**
 * @param text the body of a POST
 * @returns the event; `value` is the whole body with its other members
 * @throws {JsonError} if the body is not JSON, too large or too deep
 */
export function parseEnvelope(text: string): Envelope {
  checkSize(text, MAX_BODY_BYTES);
  const reader = new EnvelopeReader(text);
  const value = reader.document();
  if (!isJsonObject(value)) return { ok: false, reason: "not_an_object" };
  if (reader.isRepeatingOutside) return { ok: false, reason: "repeated_member" };
  const { found } = reader;
  if (found === undefined) return { ok: false, reason: "missing_event" };
  if (found.isRepeating) return { ok: false, reason: "repeated_in_event" };
  return { ok: true, event: found.event, value };
}

/** Looks at the value of the outermost member `event` apart from what stands around it. */
class EnvelopeReader extends JsonReader {
  found: { readonly event: PostedEvent; readonly isRepeating: boolean } | undefined;
  #repeatedBefore = false;

  constructor(text: string) {
    super(text, MAX_JSON_DEPTH, 2);
  }

  /** True if a member stands twice anywhere but in the event. */
  get isRepeatingOutside(): boolean {
    return this.#repeatedBefore || this.repeated !== undefined;
  }

  protected override readMember(name: string, depth: number): Json {
    if (depth !== 1) return super.readMember(name, depth);
    if (this.repeated !== undefined) this.#repeatedBefore = true;
    if (name !== EVENT) return super.readMember(name, depth);
    return this.#readEvent(name);
  }

  #readEvent(name: string): Json {
    this.stored = true;
    this.plainNumbers = true;
    this.repeated = undefined;
    this.spans.length = 0;
    const start = this.offset;
    const value = super.readMember(name, 1);
    const end = this.offset;
    const isStored = this.stored;
    const { text } = this;
    this.found = {
      event: {
        text: isStored ? text.slice(start, end) : printJson(value),
        value,
        id: isJsonObject(value) ? stringMember(value, "event_id") : undefined,
        hashInput: isStored
          ? hashInputOf(text, { start, end, spans: this.spans })
          : canonical(value, "event"),
        plainNumbers: this.plainNumbers,
      },
      isRepeating: this.repeated !== undefined,
    };
    this.repeated = undefined;
    return value;
  }
}
