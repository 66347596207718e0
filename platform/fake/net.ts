/** A network in which a host is a function from request to response. */
import { setImmediate } from "node:timers";
import type { Net, TransportFailure } from "../net.ts";
import { abortError, transportError } from "../transport_error.ts";

export type FakeHost = (request: Request) => Response | Promise<Response>;

const CAUSES: Readonly<Record<TransportFailure, string>> = {
  tls: "client error (Connect): invalid peer certificate: UnknownIssuer",
  dns: "client error (Connect): dns error: failed to lookup address information",
  timeout: "client error (Connect): operation timed out",
  connect: "client error (Connect): tcp connect error: Connection refused (os error 111)",
  other: "client error (SendRequest): connection closed before message completed",
};

export class FakeNet implements Net {
  readonly #hosts = new Map<string, FakeHost>();
  readonly #failures = new Map<string, TransportFailure>();
  /** Every request that was made, oldest first; bodies are read from a clone. */
  readonly requests: Request[] = [];

  /** @param origin such as `http://relay.test`; a host that nobody serves does not resolve */
  serve(origin: string, host: FakeHost): this {
    this.#hosts.set(new URL(origin).origin, host);
    return this;
  }

  /** From now on requests to that origin fail so; undefined mends it. */
  fail(origin: string, failure: TransportFailure | undefined): this {
    const key = new URL(origin).origin;
    if (failure === undefined) this.#failures.delete(key);
    else this.#failures.set(key, failure);
    return this;
  }

  async fetch(request: Request): Promise<Response> {
    this.requests.push(request.clone());
    const { origin } = new URL(request.url);
    const host = this.#hosts.get(origin);
    const failure = this.#failures.get(origin) ?? (host === undefined ? "dns" : undefined);
    if (failure !== undefined) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      throw transportError(request, new TypeError("fetch failed", { cause: CAUSES[failure] }));
    }
    return await answerOrAbort(request, host);
  }
}

/** A host that never answers is left when the request's signal aborts. */
async function answerOrAbort(request: Request, host: FakeHost | undefined): Promise<Response> {
  const { signal } = request;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(abortError(request));
  if (signal.aborted) throw abortError(request);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const answer = Promise.resolve(host?.(request) ?? Response.error());
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
