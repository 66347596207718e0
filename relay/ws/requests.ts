/** A frame from the other side: a request of known shape, or what to answer it. */
import type { z } from "zod";
import type { TakenEvent } from "../../protocol/event/posted_reader.ts";
import { readFrame } from "../../protocol/event/frame.ts";
import { JsonError } from "../../protocol/json/parse.ts";
import { type JsonObject, plain } from "../../protocol/json/value.ts";
import {
  AckFrame,
  ClientFrame,
  CloseFrame,
  MAX_BATCH,
  OpenFrame,
  PairFrame,
  PingFrame,
  PublishFrame,
} from "../../protocol/schemas/ws_frames.ts";
import { type Failure, failure } from "./frames.ts";

export type Request =
  | {
    readonly ok: true;
    readonly frame: ClientFrame;
    /** Of a `publish`, with their stored forms. */
    readonly events: readonly TakenEvent[];
  }
  | { readonly ok: false; readonly ref: number | undefined; readonly failure: Failure };

const SHAPES: ReadonlyMap<unknown, z.ZodType<ClientFrame>> = new Map<
  unknown,
  z.ZodType<ClientFrame>
>([
  ["open", OpenFrame],
  ["publish", PublishFrame],
  ["ack", AckFrame],
  ["pair", PairFrame],
  ["close", CloseFrame],
  ["ping", PingFrame],
]);

/** Operations that need a token; over HTTP they are 401 without. */
const WITH_TOKEN: ReadonlySet<unknown> = new Set(["open", "publish"]);

export function readRequest(text: string): Request {
  let read: ReturnType<typeof readFrame>;
  try {
    read = readFrame(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return bad(undefined, error.message);
  }
  if (!read.ok) {
    return bad(
      undefined,
      read.reason === "not_an_object" ? "expected a JSON object" : "a member stands there twice",
    );
  }
  return shaped(read.value, read.events);
}

function shaped(value: JsonObject, events: readonly TakenEvent[]): Request {
  const { events: sent, ...rest } = value;
  const members = {
    ...Object.fromEntries(Object.entries(rest).map(([name, v]) => [name, plain(v ?? null)])),
    ...(Array.isArray(sent) ? { events: sent } : {}),
  };
  const { op, ref: asked, token }: Record<string, unknown> = members;
  const ref = typeof asked === "number" && Number.isSafeInteger(asked) ? asked : undefined;
  const shape = SHAPES.get(op);
  if (shape === undefined) return bad(ref, "unknown op");
  if (WITH_TOKEN.has(op) && token === undefined) {
    return { ok: false, ref, failure: failure("unauthorized", "missing Bearer token", 401) };
  }
  if (events.length > MAX_BATCH) {
    return {
      ok: false,
      ref,
      failure: failure("too_large", `a batch has at most ${MAX_BATCH} events`, 413),
    };
  }
  const parsed = shape.safeParse(members);
  if (parsed.success) return { ok: true, frame: parsed.data, events };
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return bad(ref, where + (issue?.message ?? "wrong shape"));
}

const bad = (ref: number | undefined, message: string): Request => ({
  ok: false,
  ref,
  failure: failure("bad_frame", message, 400),
});
