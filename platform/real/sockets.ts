/** WebSockets through npm `ws`, which is loaded with the first of them. */
import { unixPathOf } from "../../protocol/unix_relay.ts";
import type { Env } from "../env.ts";
import type { Socket, Sockets, SocketTarget } from "../sockets.ts";
import { abortError, TransportError, transportError } from "../transport_error.ts";
import { skipsVerification } from "./insecure_tls.ts";
import type { Proxy } from "./proxy.ts";

export class RealSockets implements Sockets {
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  async connect(target: SocketTarget): Promise<Socket> {
    const request = { method: "GET", url: target.url, signal: target.signal };
    const isTls = target.url.startsWith("https:");
    // As for requests: the warning about it says that no proxy is used then.
    const isUnverified = isTls && skipsVerification(this.#env);
    try {
      const socketPath = unixPathOf(target.url);
      const isDirect = isUnverified || socketPath !== undefined;
      const proxy = isDirect ? undefined : await this.#proxy(target.url);
      const { openWsSocket } = await import("./ws_socket.ts");
      const certificates = isUnverified ? undefined : await roots({ isTls, proxy });
      return await openWsSocket(target, {
        certificates,
        proxy,
        ...(socketPath === undefined ? {} : { socketPath }),
      });
    } catch (error) {
      if (error instanceof TransportError) throw error;
      if (target.signal.aborted) throw abortError(request);
      throw transportError(request, error);
    }
  }

  /** @throws {TransportError} for a proxy that cannot be used */
  async #proxy(url: string): Promise<Proxy | undefined> {
    const { proxyFor } = await import("./proxy.ts");
    const choice = proxyFor(new URL(url), this.#env);
    if (choice.tag === "direct") return undefined;
    if (choice.tag === "proxy") return choice.proxy;
    throw new TransportError("other", `GET ${url}: ${choice.variable}: ${choice.why}`);
  }
}

interface Way {
  readonly isTls: boolean;
  readonly proxy: Proxy | undefined;
}

/** Loading them costs tens of milliseconds: only where TLS is spoken. */
async function roots({ isTls, proxy }: Way): Promise<readonly string[]> {
  if (!isTls && proxy?.isTls !== true) return [];
  return (await import("./trust_roots.ts")).trustRoots().certificates;
}
