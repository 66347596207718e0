/**
 * What a relay does with each POST: read `{"event": …}` once, and have the event's stored form, its
 * id and its hash input. See docs/protocol/relay.md §3.3, §5.3 and docs/protocol/extensions.md §1.
 */
import { MAX_JSON_DEPTH } from "../json/limits.ts";
import { checkSize } from "../json/parse.ts";
import { isJsonObject, type Json } from "../json/value.ts";
import { MAX_BODY_BYTES } from "./limits.ts";
import { type PostedEvent, PostedReader, type TakenEvent } from "./posted_reader.ts";

export type { PostedEvent } from "./posted_reader.ts";

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
class EnvelopeReader extends PostedReader {
  found: TakenEvent | undefined;
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
    const found = this.takeEvent(() => super.readMember(name, 1));
    this.found = found;
    return found.value;
  }
}
