/**
 * One process for the home that the environment names and for all sessions of this machine's user
 * (lesson 36). Each home has its own lock, connections, files and end: one that is broken, or served by
 * another daemon, is told once, tried again later, and stops no other. Sessions that come are taken up,
 * sessions that go are let go. See docs/protocol/identity-and-events.md §25.
 */
import type { ClientContext } from "../client/context.ts";
import { sessionContext } from "../client/sessions/session_context.ts";
import { Backoff } from "../client/sync/backoff.ts";
import { WireError } from "../protocol/errors.ts";
import { Sessions } from "../store/sessions/sessions.ts";
import { Complaints } from "./complaints.ts";
import { serveHome, type Service } from "./home_service.ts";

/** How often the registry is looked at. */
const LOOK_MS = 2_000;

/** One home of several. */
interface Place {
  /** Undefined for the home that the environment names. */
  readonly session: string | undefined;
  readonly context: ClientContext;
}

interface Serving {
  readonly stop: AbortController;
  ended: Promise<void> | undefined;
  readonly backoff: Backoff;
  /** On the monotonic clock, ms. */
  again: number;
}

export class AllHomes {
  readonly #context: ClientContext;
  readonly #service: Service;
  readonly #complaints: Complaints;
  /** By state directory. */
  readonly #serving = new Map<string, Serving>();

  constructor(context: ClientContext, service: Service) {
    const { platform: { clock } } = context;
    this.#context = context;
    this.#service = service;
    this.#complaints = new Complaints({ clock, warn: (line) => context.warn(line) });
  }

  /** Until the signal aborts; with `once`, one cycle of each. */
  async serve(): Promise<void> {
    const { platform: { clock } } = this.#context;
    const { signal, once } = this.#service;
    try {
      do {
        await this.#look();
        if (once) break;
        await clock.sleep(LOOK_MS, signal).catch(() => undefined); // asked below
      } while (!signal.aborted);
    } finally {
      await Promise.all([...this.#serving.values()].map(({ ended }) => ended));
    }
  }

  async #look(): Promise<void> {
    const places = await this.#places();
    if (places === undefined) return; // those that are served go on
    for (const [key, { stop, ended }] of this.#serving) {
      if (places.has(key)) continue;
      stop.abort();
      if (ended === undefined) this.#serving.delete(key);
    }
    const now = this.#context.platform.clock.monotonic();
    for (const [key, place] of places) {
      const serving = this.#serving.get(key) ?? this.#newcomer(key);
      if (serving.ended !== undefined || serving.stop.signal.aborted || now < serving.again) {
        continue;
      }
      serving.ended = this.#serveOne(place, serving).finally(() => {
        serving.ended = undefined;
        if (serving.stop.signal.aborted) this.#serving.delete(key);
      });
    }
  }

  #newcomer(key: string): Serving {
    const backoff = new Backoff(this.#context.platform.random);
    const serving = { stop: new AbortController(), ended: undefined, backoff, again: 0 };
    this.#serving.set(key, serving);
    return serving;
  }

  /** @returns by state directory; undefined when the registry cannot be read */
  async #places(): Promise<ReadonlyMap<string, Place> | undefined> {
    const { home, platform } = this.#context;
    const places = new Map<string, Place>();
    try {
      for (const session of await (await Sessions.open(platform)).list()) {
        const { name, home: { paths } } = session;
        if (paths.stateRoot === home.paths.stateRoot) continue;
        const context = sessionContext(this.#context, session);
        const warn = (line: string): void => this.#context.warn(`${name}: ${line}`);
        places.set(paths.stateRoot, { session: name, context: { ...context, warn } });
      }
      this.#complaints.settled("sessions");
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#complaints.about("sessions", error);
      return undefined;
    }
    places.set(home.paths.stateRoot, { session: undefined, context: this.#context });
    return places;
  }

  async #serveOne({ session, context }: Place, serving: Serving): Promise<void> {
    const { signal, report } = this.#service;
    const step = session === undefined ? "this home" : `session ${session}`;
    const { clock } = context.platform;
    try {
      // One that is being made has no identity yet, and this home may never get one.
      if (!await context.home.isInitialized()) return;
      await serveHome(context, {
        ...this.#service,
        isNamed: session === undefined,
        signal: AbortSignal.any([signal, serving.stop.signal]),
        report: (one) => {
          serving.backoff.reset();
          this.#complaints.settled(step);
          report(session === undefined ? one : { ...one, session });
        },
      });
    } catch (error) {
      if (signal.aborted || serving.stop.signal.aborted) return;
      this.#complaints.about(step, error);
      serving.again = clock.monotonic() + serving.backoff.failed();
    }
  }
}
