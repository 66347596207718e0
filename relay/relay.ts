/**
 * The relay apart from its socket: requests in, answers out. The frame around the routes refuses
 * foreign hosts, limits, finds the route, and maps errors.
 */
import type { Platform } from "../platform/platform.ts";
import { within } from "../platform/within.ts";
import { KEY_BYTES } from "../protocol/identity/keys.ts";
import type { Directory } from "../store/directory/directory.ts";
import type { Documents } from "../store/pairings/documents.ts";
import { MemoryDocuments } from "../store/pairings/memory_documents.ts";
import { MemoryRelayKey, type RelayKey } from "../store/relay_key/relay_key.ts";
import type { SlotStore } from "../store/slots/slot_store.ts";
import type { StatsHistory } from "../store/stats/history.ts";
import { MemoryHistory } from "../store/stats/memory_history.ts";
import type { RelayContext } from "./context.ts";
import { errorReply } from "./error_response.ts";
import { ByteBudget, empty, isStream, type RelayReply, type RelayRequest } from "./exchange.ts";
import { answerFetch } from "./fetch_bridge.ts";
import { badPath } from "./framework_errors.ts";
import { type HostRules, refuseForeign } from "./host_guard.ts";
import { EventStreams } from "./event_streams.ts";
import { GrantLimiter } from "./grant_limiter.ts";
import { hubOf } from "./store_hub.ts";
import { IntroLimiter } from "./intro_limiter.ts";
import { RelayMetrics } from "./metrics.ts";
import { type Observed, Observer } from "./observed.ts";
import { NodeWakes } from "./node_wakes.ts";
import type { OnWake } from "./open_stores.ts";
import { pairingLimits, RELAY_LIMITS, type RelayLimits } from "./options.ts";
import { Pair2Slots } from "./pair2_slots.ts";
import { PairSlots } from "./pair_slots.ts";
import { Readiness } from "./readiness.ts";
import { Receipts } from "./receipts.ts";
import type { Method } from "./route.ts";
import { allowOf, Router } from "./router.ts";
import { LOCAL_ROUTES, ROUTES } from "./routes.ts";
import { StatsKeeper } from "./stats.ts";
import { registerStats } from "./stats_metrics.ts";
import { sourceOf } from "./source_address.ts";
import { SourceLimiter, tooMany } from "./source_limiter.ts";
import { keepUp } from "./upkeep.ts";
import { RelaySockets, type Upgrade } from "./ws/sockets.ts";

export interface RelayDeps {
  readonly platform: Pick<Platform, "clock" | "random" | "log">;
  /** Closed with the relay. */
  readonly store: SlotStore;
  /** Needs no closing of its own. */
  readonly directory: Directory;
  /** Where pairings meet, if not in the memory of this process. */
  readonly pairings?: Documents;
  /** Hears of other relays on the same store, if there can be any. */
  watch?(onWake: OnWake): AsyncDisposable;
  /** Without the routes that show the directory to everybody; all of them unless given. */
  readonly isLocalOnly?: boolean;
  readonly limits?: Partial<RelayLimits>;
  /** Where it counts; its own unless given. */
  readonly metrics?: RelayMetrics;
  /** Says whether it should be sent requests; its own unless given. */
  readonly readiness?: Readiness;
  /** Signs what it says; one of its own, gone with it, unless given. */
  readonly key?: RelayKey;
  /** Remembers how it was; in memory unless given. */
  readonly history?: StatsHistory;
  /** The header that the proxy in front sets, in lower case. */
  readonly trustProxy?: string;
}

export interface Relay {
  fetch(request: Request, info: { readonly remoteAddress: string }): Promise<Response>;
  /** What `fetch` is made of, for servers that have a cheaper way than Request and Response. */
  handle(request: RelayRequest): Promise<RelayReply>;
  /** Of a request that asks for a WebSocket. */
  readonly upgrade: (request: RelayRequest) => Upgrade;
  /** To be called once the port is known, on a loopback bind. */
  guardLoopback(rules: HostRules): void;
  /** Ends all streams and sockets, so that their connections can close. */
  endStreams(): void;
  /** After the last request: everything is on the disk. */
  close(): Promise<void>;
}

const SWEEP_MS = 60_000;
/** Of the time a stop may take: for answers that are on their way; the rest is for closing. */
const FLUSH_SHARE = 0.5;

export function createRelay(deps: RelayDeps): Relay {
  return new RelayApp(deps);
}

class RelayApp implements Relay {
  readonly #context: RelayContext;
  readonly #router: Router;
  readonly #limiter: SourceLimiter;
  readonly #budget: ByteBudget;
  readonly #trustProxy: string | undefined;
  readonly #observer: Observer;
  readonly #closed = new AbortController();
  readonly #wakes: NodeWakes;
  readonly #watch: AsyncDisposable | undefined;
  readonly #recording: Promise<void>;
  readonly #upkeep: Promise<void>;
  readonly #sockets: RelaySockets;
  #stopping: Promise<void> | undefined;
  #hostRules: HostRules | undefined;

  constructor(deps: RelayDeps) {
    const { platform, store, directory, limits: changed, trustProxy } = deps;
    const routes = deps.isLocalOnly === true ? LOCAL_ROUTES : ROUTES;
    this.#router = new Router(routes);
    const limits = { ...RELAY_LIMITS, ...changed };
    const { clock, random, log } = platform;
    const documents = deps.pairings ?? new MemoryDocuments({ ...pairingLimits(limits), clock });
    const hub = hubOf(store, { limits, clock, log, stopped: this.#closed.signal });
    const stats = new StatsKeeper({
      store,
      directory,
      documents,
      history: deps.history ?? new MemoryHistory(),
      clock,
      log,
      streams: () => this.#context.streams.size + this.#sockets.size,
    });
    const metrics = deps.metrics ?? new RelayMetrics();
    registerStats(metrics.registry, stats);
    metrics.registry.gauge("wire_ws_open", "WebSockets open", () => this.#sockets.size);
    this.#context = {
      store,
      directory,
      hub,
      streams: new EventStreams({ clock, hub }, limits),
      pairs: new PairSlots({ documents, random }, limits),
      pairs2: new Pair2Slots({ documents, clock, random }, limits),
      grantLimiter: new GrantLimiter(clock, limits),
      introLimiter: new IntroLimiter(clock, limits),
      lastPulls: new Map(),
      clock,
      random,
      limits,
      log,
      metrics,
      readiness: deps.readiness ??
        new Readiness({ clock, log, probe: () => store.counters() }),
      receipts: new Receipts({
        key: deps.key ?? new MemoryRelayKey(random.bytes(KEY_BYTES)),
        clock,
        log,
      }),
      stats,
      routes,
    };
    this.#wakes = new NodeWakes({ hub, store, clock, log });
    this.#watch = deps.watch?.((shards) => this.#wakes.woken(shards));
    this.#sockets = new RelaySockets(this.#context);
    this.#observer = new Observer(this.#context);
    this.#limiter = new SourceLimiter(clock, limits);
    this.#budget = new ByteBudget(limits.maxBodyBytesAtOnce);
    this.#trustProxy = trustProxy?.toLowerCase();
    this.#sweep();
    this.#recording = stats.record(this.#closed.signal);
    this.#upkeep = keepUp(this.#context, this.#closed.signal);
  }

  fetch(request: Request, info: { readonly remoteAddress: string }): Promise<Response> {
    return answerFetch(this, request, info.remoteAddress);
  }

  async handle(request: RelayRequest): Promise<RelayReply> {
    const observed = this.#observer.begin(request);
    let reply: RelayReply;
    try {
      reply = await this.#answer(request, observed);
    } catch (error) {
      reply = errorReply(error, observed.log);
    }
    return observed.answered(request.method === "HEAD" ? await withoutBody(reply) : reply);
  }

  upgrade = (request: RelayRequest): Upgrade => {
    const foreign = this.#hostRules === undefined
      ? undefined
      : refuseForeign(this.#hostRules, request);
    const source = this.#sourceOf(request);
    const reply = foreign ?? this.#sockets.refusal(request, source);
    if (reply !== undefined) return { ok: false, reply };
    return { ok: true, accept: (socket) => this.#sockets.accept(source, socket) };
  };

  guardLoopback(rules: HostRules): void {
    this.#hostRules = rules;
  }

  endStreams(): void {
    const { streams, clock, limits } = this.#context;
    streams.close();
    const drainMs = limits.drainMs * FLUSH_SHARE;
    this.#stopping ??= within(clock, drainMs, (deadline) => this.#sockets.stop(deadline));
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.endStreams();
    await this.#stopping;
    this.#wakes.close();
    await this.#watch?.[Symbol.asyncDispose]();
    await this.#upkeep;
    await this.#recording;
    await this.#context.store[Symbol.asyncDispose]();
  }

  async #answer(request: RelayRequest, observed: Observed): Promise<RelayReply> {
    if (this.#hostRules !== undefined) {
      const refusal = refuseForeign(this.#hostRules, request);
      if (refusal !== undefined) return refusal;
    }
    const [path = "", query = ""] = splitOnce(request.target, "?");
    const match = this.#router.match(path);
    if (match.tag === "none") return empty(404);
    if (match.tag === "bad_path") return badPath(match.name);
    const method = METHODS.get(request.method);
    const route = method === undefined ? undefined : match.methods.get(method);
    if (route === undefined) return empty(405, { allow: allowOf(match.methods) });
    const source = this.#sourceOf(request);
    observed.matched(route, match.params, source);
    if (route.isCreating) {
      const waitMs = this.#limiter.take(source);
      if (waitMs > 0) {
        this.#context.metrics.limited.add({ limit: "source" });
        return tooMany(waitMs);
      }
    }
    return await route.answer(this.#context, {
      request,
      params: match.params,
      query,
      source,
      budget: this.#budget,
    });
  }

  #sourceOf(request: RelayRequest): string {
    const forwarded = this.#trustProxy === undefined ? undefined : request.header(this.#trustProxy);
    return sourceOf(request.remoteAddress, forwarded);
  }

  async #sweep(): Promise<void> {
    const { clock, pairs, pairs2 } = this.#context;
    try {
      while (!this.#closed.signal.aborted) {
        await clock.sleep(SWEEP_MS, this.#closed.signal);
        pairs.sweep();
        pairs2.sweep();
        await this.#sweepInvites();
      }
    } catch {
      // The sleep ends with the relay, and there is nothing else to sweep for.
    }
  }

  async #sweepInvites(): Promise<void> {
    const { clock, directory, log } = this.#context;
    try {
      await directory.sweepInvites(Math.floor(clock.now() / 1000));
    } catch (error) {
      // They are found again a minute later; until then they only take up room.
      log.error("cannot forget old invites", { error: String(error) });
    }
  }
}

/** HEAD is answered as GET, with the same side effects unless a route says otherwise. */
const METHODS: ReadonlyMap<string, Method> = new Map([
  ["GET", "GET"],
  ["HEAD", "GET"],
  ["POST", "POST"],
  ["PUT", "PUT"],
  ["PATCH", "PATCH"],
  ["DELETE", "DELETE"],
]);

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

async function withoutBody(reply: RelayReply): Promise<RelayReply> {
  const { body } = reply;
  if (isStream(body)) {
    await body[Symbol.asyncIterator]().return?.();
    return { ...reply, body: "" };
  }
  const length = typeof body === "string" ? new TextEncoder().encode(body).length : body.length;
  return {
    ...reply,
    headers: { ...reply.headers, "content-length": String(length) },
    body: "",
  };
}
