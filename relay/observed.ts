/**
 * What is noted of each request: a name, a count, a line in the log. Never a body, a query, a token
 * or an address that is a secret.
 */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Random } from "../platform/random.ts";
import type { RelayReply, RelayRequest } from "./exchange.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";
import { REQUEST_ID_HEADER, RequestIds } from "./request_id.ts";
import type { Params, Route } from "./route.ts";

/** Parameters of paths that open something to whoever knows them. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set(["token", "pair_id", "place"]);
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
/** What is said of a path that no route has: it may be a secret's, mistyped. */
const NO_ROUTE = "none";

export interface ObserverDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: RelayMetrics;
  readonly readiness: Pick<Readiness, "isStopping">;
}

/** One request, while it is being answered. */
export interface Observed {
  /** Names the request in each line. */
  readonly log: Log;
  /** Which route it is for, and from where. */
  matched(route: Pick<Route, "path">, params: Params, source: string): void;
  /** @returns the answer with the request's name in it */
  answered(reply: RelayReply): RelayReply;
}

export class Observer {
  readonly #deps: ObserverDeps;
  readonly #ids: RequestIds;

  constructor(deps: ObserverDeps) {
    this.#deps = deps;
    this.#ids = new RequestIds(deps.random);
  }

  begin(request: RelayRequest): Observed {
    return new Seen(this.#deps, request, this.#ids.of(request));
  }
}

class Seen implements Observed {
  readonly #deps: ObserverDeps;
  readonly #method: string;
  readonly #id: string;
  readonly #startedAt: number;
  #pattern = NO_ROUTE;
  #params: Params = {};
  #source: string;

  constructor(deps: ObserverDeps, request: RelayRequest, id: string) {
    this.#deps = deps;
    this.#method = METHODS.has(request.method) ? request.method : "other";
    this.#id = id;
    this.#source = request.remoteAddress;
    this.#startedAt = deps.clock.monotonic();
    deps.metrics.begin();
  }

  get log(): Log {
    return named(this.#deps.log, this.#id);
  }

  matched(route: Pick<Route, "path">, params: Params, source: string): void {
    this.#pattern = route.path;
    this.#params = params;
    this.#source = source;
  }

  answered({ status, headers, body }: RelayReply): RelayReply {
    const { clock, log, metrics, readiness } = this.#deps;
    const ms = clock.monotonic() - this.#startedAt;
    metrics.answered({ method: this.#method, route: this.#pattern, status, ms });
    log[status >= 500 ? "warn" : "debug"]("request", {
      request_id: this.#id,
      method: this.#method,
      path: shownPath(this.#pattern, this.#params),
      status,
      ms: Math.round(ms * 10) / 10,
      source: this.#source,
    });
    const named = { ...headers, [REQUEST_ID_HEADER]: this.#id };
    if (!readiness.isStopping) return { status, headers: named, body };
    // The client's next request finds another relay, or waits for this one's next start.
    return { status, headers: { ...named, connection: "close" }, body };
  }
}

/** The pattern with what was asked for in it, without what would be a key to something. */
export function shownPath(pattern: string, params: Params): string {
  if (!pattern.includes(":")) return pattern;
  return pattern.replace(
    /:([a-z_]+)/g,
    (_, name: string) =>
      SECRET_PARAMETERS.has(name) ? `<${name}>` : encodeURIComponent(params[name] ?? ""),
  );
}

function named(log: Log, id: string): Log {
  const line = (level: keyof Log): Log["info"] => (message, data = {}) =>
    log[level](message, { request_id: id, ...data });
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
