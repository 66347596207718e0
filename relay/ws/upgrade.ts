/** From an HTTP request to a WebSocket, on a node:http server. Everything is checked before. */
import { Buffer } from "node:buffer";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
// @ts-types="@types/ws"
import { WebSocketServer } from "ws";
import type { Log } from "../../platform/log.ts";
import { WS_SUBPROTOCOL } from "../../protocol/schemas/ws_frames.ts";
import { empty, type RelayReply } from "../exchange.ts";
import { nodeRequest } from "../node_bridge.ts";
import type { RelayLimits } from "../options.ts";
import type { Relay } from "../relay.ts";
import { NodeSocket, tellEvents } from "./node_socket.ts";

export interface UpgradeDeps {
  readonly relay: Pick<Relay, "upgrade">;
  readonly limits: RelayLimits;
  readonly log: Log;
}

/** Whether node:http hands the request to the `upgrade` event; another is answered as usual. */
export const isWebSocket = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === "websocket";

export function acceptUpgrades(server: Server, deps: UpgradeDeps): void {
  const { limits, log } = deps;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.maxFrameBytes,
    perMessageDeflate: false,
    // By ourselves: what nobody reads must not pile up.
    autoPong: false,
    handleProtocols: () => WS_SUBPROTOCOL,
    // Not in the types yet.
    ...{ closeTimeout: limits.wsCloseMs },
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Uint8Array) => {
    try {
      upgrade(sockets, { request, socket, head }, deps);
    } catch (error) {
      log.error("an upgrade failed", { error: String(error) });
      socket.destroy();
    }
  });
}

interface Asked {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Uint8Array;
}

function upgrade(
  sockets: WebSocketServer,
  { request, socket, head }: Asked,
  { relay, limits }: UpgradeDeps,
): void {
  if (request.rawHeaders.length / 2 > limits.maxHeaders) return refuse(socket, empty(431));
  const upgraded = relay.upgrade(nodeRequest(request));
  if (!upgraded.ok) return refuse(socket, upgraded.reply);
  sockets.handleUpgrade(request, socket, Buffer.from(head), (ws) => {
    const opened = { ws, raw: socket, socket: new NodeSocket(ws) };
    tellEvents(opened, upgraded.accept(opened.socket));
  });
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
};

/** node:http has let go of the connection: the answer is written by hand, and is the last. */
function refuse(socket: Socket, { status, headers, body }: RelayReply): void {
  const text = typeof body === "string" ? body : "";
  const lines = Object.entries({
    ...headers,
    "connection": "close",
    "content-length": String(new TextEncoder().encode(text).length),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}\r\n${lines.join("")}\r\n${text}`);
}
