/**
 * A node:http server in front of a function from Request to Response: header and body time, sizes and
 * connections are bounded before anything is known of who asks.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Log } from "../../platform/log.ts";
import { WireError } from "../../protocol/errors.ts";
import { text } from "./gate.ts";

export interface Limits {
  readonly headersTimeout: number;
  /** Of the whole request. */
  readonly requestTimeout: number;
  /** How often the two above are looked at. */
  readonly connectionsCheckingInterval: number;
  readonly keepAliveTimeout: number;
  readonly maxHeaderSize: number;
  readonly maxConnections: number;
}

/** Milliseconds and bytes. */
export const LIMITS: Limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 60_000,
  maxHeaderSize: 16_384,
  maxConnections: 128,
};

export interface Handler {
  /** What is known before the body: its refusal leaves the body unread. */
  refuse(head: Request): Response | undefined;
  answer(request: Request, body: string): Promise<Response>;
}

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws {WireError} internal, if the address cannot be bound */
export async function listen(
  { host, port }: { readonly host: string; readonly port: number },
  { handler, maxBodyBytes, log, limits }: {
    readonly handler: (port: number) => Handler;
    readonly maxBodyBytes: number;
    readonly log: Log;
    readonly limits: Limits;
  },
): Promise<Listening> {
  const server = createServer({ ...limits, noDelay: true }, (request, response) => {
    const { port } = addressOf(server);
    serve(handler(port), { request, response, maxBodyBytes }).catch((error: unknown) => {
      log.error("mcp: request failed", { cause: String(error) });
      response.destroy();
    });
  });
  const open = new Set<Socket>();
  // The server's own maxConnections is not heeded by Deno.
  server.on("connection", (socket: Socket) => {
    if (open.size >= limits.maxConnections) return void socket.destroy();
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("clientError", (_: Error, socket: Socket) => {
    if (!socket.writable) return void socket.destroy();
    socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  await bound(server, host, port);
  return { port: addressOf(server).port, close: () => closed(server) };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly maxBodyBytes: number;
}

async function serve(handler: Handler, exchange: Exchange): Promise<void> {
  const { request, response, maxBodyBytes } = exchange;
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const head = headOf(request, gone.signal);
  const refused = handler.refuse(head);
  if (refused !== undefined) return await send(refused, response, { hangUp: hasBody(request) });
  const body = await bodyOf(request, maxBodyBytes);
  if (body === undefined) {
    const tooLarge = text(413, `Body too large: at most ${maxBodyBytes} bytes`);
    return await send(tooLarge, response, { hangUp: true });
  }
  await send(await handler.answer(head, body), response, { hangUp: false });
}

/** Without its body, which is read apart. */
function headOf(request: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const { method = "GET", url = "/" } = request;
  return new Request(new URL(url, "http://localhost"), { method, headers, signal });
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;

/** @returns undefined for more than `maxBytes`, of which no more is read */
async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}

/** As fast as the client reads; when it goes away, the source is told. */
async function send(
  answer: Response,
  response: ServerResponse,
  { hangUp }: { readonly hangUp: boolean },
): Promise<void> {
  const headers = Object.fromEntries(answer.headers);
  response.writeHead(answer.status, hangUp ? { ...headers, connection: "close" } : headers);
  if (answer.body === null) return void response.end();
  response.flushHeaders();
  const reader = answer.body.getReader();
  const stop = (): void => void reader.cancel().catch(() => undefined); // it has ended by itself
  response.on("close", stop);
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (response.destroyed) break;
    if (!response.write(part.value)) await drained(response);
  }
  response.off("close", stop);
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("drain", resolve);
  response.once("close", resolve);
  return promise;
}

function bound(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (cause: Error) => {
    const problem = `Cannot listen on ${host}:${port}: ${cause.message}`;
    reject(new WireError("internal", problem, { cause }));
  });
  server.listen({ host, port }, resolve);
  return promise;
}

function addressOf(server: Server): { readonly port: number } {
  const address = server.address();
  return typeof address === "object" && address !== null ? address : { port: 0 };
}

async function closed(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
