/** Reading the body of a reply that may be endless, hostile, or stuck. */
import { joinBytes } from "../../protocol/bytes.ts";
import { abortError, transportError } from "../../platform/transport_error.ts";

export interface Exchange {
  readonly request: Request;
  readonly response: Response;
  /** The deadline of the whole exchange, or the caller's own. */
  readonly signal: AbortSignal;
}

/** What was read; `isWhole` is false when the body went on beyond the limit. */
export interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isWhole: boolean;
}

/**
 * At most `maxBytes` of the body; the connection is let go of whatever happens.
 * @throws {TransportError} when the connection or the deadline ends first
 */
export async function readBody(exchange: Exchange, maxBytes: number): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(exchange)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) return { bytes: joinBytes(chunks), isWhole: false };
  }
  return { bytes: joinBytes(chunks), isWhole: true };
}

/**
 * The body's chunks as they come.
 * @throws {TransportError} when the connection breaks; what `signal` was aborted with
 */
export async function* chunksOf(
  { request, response, signal }: Exchange,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const aborted = Promise.withResolvers<never>();
  // Nobody may be waiting for it when it rejects: the race below asks the signal first.
  aborted.promise.catch(() => undefined);
  const abort = (): void =>
    aborted.reject(abortError({ method: request.method, url: request.url, signal }));
  signal.addEventListener("abort", abort, { once: true });
  try {
    if (signal.aborted) abort();
    for (;;) {
      const { done, value } = await Promise.race([read(reader, request), aborted.promise]);
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    // Of a broken connection this tells again what was already thrown.
    reader.cancel().catch(() => undefined);
  }
}

async function read(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  request: Request,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read();
  } catch (error) {
    throw transportError(request, error);
  }
}
