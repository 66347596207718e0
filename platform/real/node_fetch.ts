/**
 * fetch through Node's client, for what Deno's own fetch cannot do: TLS without verification, Unix
 * sockets, and the ports that browsers block. Follows no redirects and uses no proxy.
 */
import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";

/** Statuses whose response has no body, by the Fetch standard. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

export interface NodeFetchOptions {
  /** Roots to verify a TLS server with, PEM; undefined: it is not verified. */
  readonly certificates: readonly string[] | undefined;
  /** A Unix socket at which the server listens, whatever the address says. */
  readonly socketPath?: string;
}

/** @throws the connection's error, or the signal's reason */
export async function nodeFetch(request: Request, options: NodeFetchOptions): Promise<Response> {
  const body = new Uint8Array(await request.arrayBuffer());
  const message = await exchange(request, body, options);
  const status = message.statusCode ?? 0;
  if (WITHOUT_BODY.has(status)) {
    message.resume();
    return new Response(null, { status, headers: headersOf(message) });
  }
  return new Response(streamOf(message), {
    status,
    statusText: message.statusMessage ?? "",
    headers: headersOf(message),
  });
}

function exchange(
  request: Request,
  body: Uint8Array,
  { certificates, socketPath }: NodeFetchOptions,
): Promise<IncomingMessage> {
  const start = request.url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = start(request.url, {
      method: request.method,
      headers: {
        ...Object.fromEntries(request.headers),
        "content-length": String(body.length),
        ...(socketPath === undefined ? {} : { host: "localhost" }),
      },
      ...(socketPath === undefined ? {} : { socketPath }),
      rejectUnauthorized: certificates !== undefined,
      ...(certificates === undefined ? {} : { ca: [...certificates] }),
      agent: false, // one connection each: none is left behind
      signal: request.signal,
    });
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function headersOf(message: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

function streamOf(message: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks: AsyncIterator<Uint8Array> = Readable.prototype[Symbol.asyncIterator].call(message);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(Uint8Array.from(value));
    },
    cancel() {
      message.destroy();
    },
  });
}
