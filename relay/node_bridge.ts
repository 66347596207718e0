/** The relay behind node:http, without a Request and a Response in between. */
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { BodyBuffer } from "./body_buffer.ts";
import type { GuardOptions } from "./connection_guard.ts";
import {
  type Body,
  type ByteBudget,
  isStream,
  type RelayReply,
  type RelayRequest,
} from "./exchange.ts";
import type { RelayLimits } from "./options.ts";
import type { Relay } from "./relay.ts";
import { tooMany } from "./source_limiter.ts";

export interface BridgeDeps {
  readonly relay: Pick<Relay, "handle"> & Partial<Pick<Relay, "upgrade">>;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: RelayLimits;
  readonly guard?: GuardOptions;
  /** For clients that read until the connection closes, and know no chunks. */
  readonly isUnchunked?: boolean;
}

/** Answers one request; never throws. */
export async function answerNode(
  deps: BridgeDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (request.rawHeaders.length / 2 > deps.limits.maxHeaders) {
      response.writeHead(431, { "connection": "close", "content-length": "0" }).end();
      return;
    }
    const reply = await deps.relay.handle(nodeRequest(request));
    await write(deps, request, response, reply);
  } catch (error) {
    deps.log.error("connection failed", { error: String(error) });
    response.destroy();
  }
}

export const nodeRequest = (request: IncomingMessage): RelayRequest => ({
  method: request.method ?? "GET",
  target: request.url ?? "/",
  remoteAddress: request.socket.remoteAddress ?? "",
  header: (name) => headerOf(request, name),
  readBody: (maxBytes, budget) => readBody(request, maxBytes, budget),
});

const BUSY_SOURCE_MS = 1_000;

/** To a source that has too many requests open at once. */
export function refuseBusy(
  deps: BridgeDeps,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  void write(deps, request, response, tooMany(BUSY_SOURCE_MS, { connection: "close" }));
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.join(", ");
}

/** Of a body; one of 2 MiB has so many of 256 bytes. Each costs far more than its bytes. */
const MAX_PIECES = 8_192;

function readBody(request: IncomingMessage, maxBytes: number, budget: ByteBudget): Promise<Body> {
  const { promise, resolve } = Promise.withResolvers<Body>();
  const body = new BodyBuffer();
  let pieces = 0;
  let isDone = false;
  const refuse = (reason: "too_large" | "busy" | "gone"): void => {
    if (isDone) return;
    isDone = true;
    budget.give(body.length);
    body.drop();
    resolve({ ok: false, reason });
  };
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
    refuse("too_large");
    return promise;
  }
  request.on("data", (chunk: Buffer) => {
    if (++pieces > MAX_PIECES) return void request.socket.destroy();
    if (isDone) return; // what comes after a refusal is read and dropped
    if (body.length + chunk.length > maxBytes) return refuse("too_large");
    if (!budget.take(chunk.length)) return refuse("busy");
    body.push(chunk);
  });
  request.on("end", () => {
    if (isDone) return;
    isDone = true;
    resolve({ ok: true, bytes: body.whole() });
  });
  request.on("error", () => refuse("gone"));
  request.on("close", () => refuse("gone"));
  return promise;
}

const WITH_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

async function write(
  deps: BridgeDeps,
  request: IncomingMessage,
  response: ServerResponse,
  reply: RelayReply,
): Promise<void> {
  const { status, body } = reply;
  const headers: Record<string, string> = { ...reply.headers };
  // A body that nobody waits for any more must not be taken for the next request.
  if (!request.complete && WITH_BODY.has(request.method ?? "")) headers["connection"] = "close";
  if (isStream(body)) {
    if (deps.isUnchunked === true) {
      response.useChunkedEncodingByDefault = false;
      headers["connection"] = "close";
    }
    response.writeHead(status, headers);
    return await writeStream(deps, response, body);
  }
  if (status !== 204) {
    headers["content-length"] ??= String(
      typeof body === "string" ? Buffer.byteLength(body) : body.length,
    );
  }
  response.writeHead(status, headers);
  response.end(body); // text goes out in one write with the head, bytes in a second
  if (!request.complete) request.resume();
}

/** Chunk by chunk, no faster than the client reads; one that stops reading is cut. */
async function writeStream(
  { clock, limits }: BridgeDeps,
  response: ServerResponse,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  const closed = new AbortController();
  response.on("close", () => {
    closed.abort();
    void chunks.return?.();
  });
  response.flushHeaders();
  for (;;) {
    const chunk = await chunks.next();
    if (chunk.done === true || closed.signal.aborted) break;
    if (response.write(chunk.value)) continue;
    const isGoingOn = await drained(response, clock, closed.signal, limits.writeTimeoutMs);
    if (isGoingOn) continue;
    await chunks.return?.();
    response.destroy();
    return;
  }
  response.end();
}

/** @returns whether the client took what was written */
async function drained(
  response: ServerResponse,
  clock: Clock,
  closed: AbortSignal,
  timeoutMs: number,
): Promise<boolean> {
  const waiting = new AbortController();
  const { promise, resolve } = Promise.withResolvers<"drained" | "cut">();
  const cut = (): void => resolve("cut");
  response.once("drain", () => resolve("drained"));
  closed.addEventListener("abort", cut, { once: true });
  clock.sleep(timeoutMs, waiting.signal).then(cut, () => {
    // The sleep was called off: the answer is there.
  });
  try {
    return await promise === "drained";
  } finally {
    waiting.abort();
    closed.removeEventListener("abort", cut);
  }
}
