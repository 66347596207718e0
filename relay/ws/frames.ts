/** Frames that the relay sends. Events go out as the bytes that are stored. */
import { joinBytes } from "../../protocol/bytes.ts";
import type { WsErrorCode } from "../../protocol/schemas/ws_frames.ts";
import type { Entry } from "../../store/slots/slot_store.ts";
import type { RelayReply } from "../exchange.ts";

/** Of the events in one frame; one that is larger goes alone. */
const MAX_EVENTS_BYTES = 256 * 1024;
const MAX_EVENTS = 256;

const encoder = new TextEncoder();
const EVENT = encoder.encode('{"event":');
const COMMA_EVENT = encoder.encode(',{"event":');
const END = encoder.encode("]}");

/** A frame of events, and what it takes of a reader's window. */
export interface EventsFrame {
  readonly entries: readonly Entry[];
  readonly bytes: Uint8Array;
}

/** @param entries of one slot, in order */
export function eventsFrames(slot: string, entries: readonly Entry[]): EventsFrame[] {
  const frames: EventsFrame[] = [];
  let group: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const isFull = group.length >= MAX_EVENTS || bytes + entry.bytes.length > MAX_EVENTS_BYTES;
    if (isFull && group.length > 0) {
      frames.push(eventsFrame(slot, group));
      group = [];
      bytes = 0;
    }
    group.push(entry);
    bytes += entry.bytes.length;
  }
  if (group.length > 0) frames.push(eventsFrame(slot, group));
  return frames;
}

function eventsFrame(slot: string, entries: readonly Entry[]): EventsFrame {
  const head = encoder.encode(`{"op":"events","slot":${JSON.stringify(slot)},"events":[`);
  const pieces = entries.flatMap(({ seq, via, bytes }, i) => [
    i === 0 ? EVENT : COMMA_EVENT,
    bytes,
    encoder.encode(`,"seq":${seq},"via":${via === null ? "null" : `"${via}"`}}`),
  ]);
  return { entries, bytes: joinBytes([head, ...pieces, END]) };
}

/** What went wrong, as both a frame and one event of a batch say it. */
export type Failure = {
  readonly code: WsErrorCode;
  readonly message: string;
  readonly http: number;
};

export const failure = (code: WsErrorCode, message: string, http: number): Failure => ({
  code,
  message,
  http,
});

/** Any frame but one of events. */
export const frame = (members: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(members);

/** What the route over HTTP answers, as a failure here: one text for both. */
export function failureOf(reply: RelayReply): Failure {
  return failure(codeOf(reply.status), messageOf(reply.body), reply.status);
}

function codeOf(status: number): WsErrorCode {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
    case 410:
      return "not_found";
    case 413:
      return "too_large";
    case 429:
      return "rate_limited";
    default:
      return status >= 500 ? "busy" : "bad_frame";
  }
}

/** The `error` of a JSON answer, or a plain text. */
function messageOf(body: RelayReply["body"]): string {
  if (typeof body !== "string") return "";
  if (!body.startsWith("{")) return body;
  const { error } = JSON.parse(body);
  return typeof error === "string" ? error : body;
}
