/**
 * A node:http server with every bound set before anything is authenticated: header and body time,
 * header size, idle time, connections. Deno.serve cannot bound slow headers.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../platform/clock.ts";
import { type Bind, bindFailed } from "./bind.ts";
import { ConnectionGuard } from "./connection_guard.ts";
import { answerNode, type BridgeDeps, refuseBusy } from "./node_bridge.ts";
import type { UnixPlace } from "./unix_socket.ts";
import { acceptUpgrades, isWebSocket } from "./ws/upgrade.ts";

export interface ListeningServer {
  /** Or the path of a Unix socket, whose port is 0. */
  readonly address: string;
  readonly port: number;
  /** Stops accepting and waits for open requests, at most so long; then connections are cut. */
  close(drainMs: number): Promise<void>;
}

/**
 * Of a body before anybody takes it. What is read ahead in pieces of one byte costs 250 times its
 * size: with the 64 KiB of node:http 60 connections took 2 GB.
 */
const READ_AHEAD_BYTES = 4_096;

/** @throws {WireError} internal, if the address cannot be bound */
export async function listen(bind: Bind | UnixPlace, deps: BridgeDeps): Promise<ListeningServer> {
  const { limits } = deps;
  const server = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    maxHeaderSize: limits.maxHeaderBytes,
    noDelay: true,
    highWaterMark: READ_AHEAD_BYTES,
    ...upgrades(deps),
  }, (request, response) => {
    const verdict = guard.begin(request, response);
    if (verdict === "go") void answerNode(deps, request, response);
    else if (verdict === "busy") refuseBusy(deps, request, response);
  });
  const { relay: { upgrade }, log } = deps;
  if (upgrade !== undefined) acceptUpgrades(server, { relay: { upgrade }, limits, log });
  const guard = new ConnectionGuard(limits, deps.guard);
  guard.watch(server);
  server.on("clientError", (error: Error, socket: Socket) => refuse(error, socket));
  await listening(server, bind);
  const address = server.address();
  if (address === null) throw bindFailed(bind, "no address");
  return {
    ...(typeof address === "string" ? { address, port: 0 } : address),
    close: (drainMs) => closed(server, guard, drainMs, deps.clock),
  };
}

/** Any other upgrade that a client offers is passed over, as by a server that knows none. */
const upgrades = ({ relay }: BridgeDeps) => ({
  shouldUpgradeCallback: (request: IncomingMessage): boolean =>
    relay.upgrade !== undefined && isWebSocket(request),
});

function listening(server: Server, bind: Bind | UnixPlace): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (error) => reject(bindFailed(bind, error)));
  const place = "path" in bind ? { path: bind.path } : { host: bind.host, port: bind.port };
  server.listen({ ...place, backlog: 1024 }, resolve);
  return promise;
}

const STATUS_LINE: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Malformed HTTP, headers beyond the bound, or too slow: said in one line, then closed. */
function refuse(error: Error, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const code = "code" in error ? String(error.code) : "";
  const status = STATUS_LINE[code] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

async function closed(
  server: Server,
  guard: ConnectionGuard,
  drainMs: number,
  clock: Clock,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const waiting = new AbortController();
  const late = clock.sleep(drainMs, waiting.signal).then(() => {
    guard.cutAll();
  }, () => {
    // The wait was called off: every connection is closed.
  });
  await Promise.race([promise, late]);
  waiting.abort();
}
