/**
 * HTTP through Deno's fetch, which honours the usual proxy variables by itself; through Node's client
 * where that one cannot.
 */
import { unixPathOf } from "../../protocol/unix_relay.ts";
import { abortError, transportError } from "../transport_error.ts";
import type { Env } from "../env.ts";
import type { Net } from "../net.ts";
import { isBlockedPort } from "./blocked_ports.ts";
import { insecureBanner, skipsVerification } from "./insecure_tls.ts";

export interface RealNetOptions {
  readonly env: Env;
  /** Where the one warning about switched-off verification goes. */
  warn(text: string): Promise<void>;
}

export class RealNet implements Net, Disposable {
  readonly #options: RealNetOptions;
  #client: Promise<Deno.HttpClient> | undefined;
  #warned = false;

  constructor(options: RealNetOptions) {
    this.#options = options;
  }

  async fetch(request: Request): Promise<Response> {
    const { env } = this.#options;
    const insecure = skipsVerification(env);
    if (insecure && !this.#warned) {
      this.#warned = true;
      await this.#options.warn(insecureBanner(env));
    }
    try {
      request.signal.throwIfAborted();
      const socketPath = unixPathOf(request.url);
      if (socketPath !== undefined) {
        const { nodeFetch } = await import("./node_fetch.ts");
        return await nodeFetch(request, { certificates: undefined, socketPath });
      }
      const isTls = request.url.startsWith("https:");
      if (isBlockedPort(request.url) || (isTls && insecure)) {
        return await throughNode(request, { verify: isTls && !insecure });
      }
      if (!isTls) return await fetch(request, UNFOLLOWED);
      return await fetch(request, { ...UNFOLLOWED, client: await this.#trusting() });
    } catch (error) {
      if (request.signal.aborted) throw abortError(request);
      throw transportError(request, error);
    }
  }

  /** Closes what keeps TLS connections open. */
  [Symbol.dispose](): void {
    this.#client?.then((client) => client.close());
  }

  /** Loading the roots costs tens of milliseconds: only for the first https request. */
  #trusting(): Promise<Deno.HttpClient> {
    this.#client ??= import("./trust_roots.ts").then(({ trustRoots }) =>
      Deno.createHttpClient({ caCerts: trustRoots().certificates })
    );
    return this.#client;
  }
}

async function throughNode(request: Request, { verify }: { verify: boolean }): Promise<Response> {
  const { nodeFetch } = await import("./node_fetch.ts");
  const certificates = verify
    ? (await import("./trust_roots.ts")).trustRoots().certificates
    : undefined;
  return await nodeFetch(request, { certificates });
}

/** Whatever a request carries, in a header, its body or its path, is for the place it was sent to. */
const UNFOLLOWED = { redirect: "manual" } as const;
