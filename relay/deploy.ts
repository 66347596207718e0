/**
 * The relay where a platform serves HTTP and keeps the store: Deno Deploy, or `Deno.serve` with any
 * KV. Its edge bounds headers, bodies and time; several of these may run on the same store.
 */
import type { Platform } from "../platform/platform.ts";
import { WS_PATH, WS_SUBPROTOCOL } from "../protocol/schemas/ws_frames.ts";
import { requestOf, responseOf } from "./fetch_bridge.ts";
import { sharedStores } from "./open_stores.ts";
import { RELAY_LIMITS, type RelayLimits } from "./options.ts";
import { createRelay } from "./relay.ts";
import { WebFrameSocket } from "./web_socket.ts";

export interface DeployOptions {
  readonly platform: Pick<Platform, "clock" | "random" | "log">;
  /** Closed with the relay. */
  readonly kv: Deno.Kv;
  /** Another connection to the same; closed with the relay. */
  readonly watching: Deno.Kv;
  readonly limits?: Partial<RelayLimits>;
  readonly trustProxy?: string;
  /** `Deno.upgradeWebSocket` */
  upgradeWebSocket(
    request: Request,
    options: { readonly protocol: string; readonly idleTimeout: number },
  ): { readonly socket: WebSocket; readonly response: Response };
}

export interface DeployedRelay {
  readonly fetch: (
    request: Request,
    info: { readonly remoteAddr: Deno.Addr },
  ) => Promise<Response>;
  /** Everything is on the disk, and sockets were told to come back. */
  close(): Promise<void>;
}

/** Seconds after which the runtime pings, and again until it closes. */
const IDLE_SECONDS = 60;

export function deployRelay(options: DeployOptions): DeployedRelay {
  const { platform, kv, watching } = options;
  const limits = { ...RELAY_LIMITS, ...options.limits };
  const relay = createRelay({
    ...sharedStores({ ...platform, kv, watching, limits }),
    platform,
    limits,
    ...(options.trustProxy === undefined ? {} : { trustProxy: options.trustProxy }),
  });
  const sockets = new Set<Promise<void>>();
  return {
    async close() {
      await relay.close();
      const waiting = new AbortController();
      const late = platform.clock.sleep(limits.wsCloseMs, waiting.signal).catch(() => undefined);
      await Promise.race([Promise.all(sockets), late]);
      waiting.abort();
    },
    fetch(request, { remoteAddr }) {
      const remoteAddress = "hostname" in remoteAddr ? remoteAddr.hostname : "";
      if (!asksForSocket(request)) return relay.fetch(request, { remoteAddress });
      const upgraded = relay.upgrade(requestOf(request, remoteAddress));
      if (!upgraded.ok) return Promise.resolve(responseOf(upgraded.reply));
      const { socket, response } = options.upgradeWebSocket(request, {
        protocol: WS_SUBPROTOCOL,
        idleTimeout: IDLE_SECONDS,
      });
      const web = new WebFrameSocket(socket, {
        clock: platform.clock,
        maxFrameBytes: limits.maxFrameBytes,
      });
      const { promise, resolve } = Promise.withResolvers<void>();
      sockets.add(promise);
      socket.addEventListener("close", () => {
        sockets.delete(promise);
        resolve();
      }, { once: true });
      socket.addEventListener("open", () => web.tell(upgraded.accept(web)), { once: true });
      return Promise.resolve(response);
    },
  };
}

const asksForSocket = (request: Request): boolean =>
  request.headers.get("upgrade")?.toLowerCase() === "websocket" &&
  new URL(request.url).pathname === WS_PATH;
