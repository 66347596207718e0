/**
 * How mail comes and goes while we live: by one WebSocket a relay where it has them, else by its
 * event stream and requests, else by asking at intervals. Which, and why, is told and written down,
 * and a better way is taken up again by itself. See docs/protocol/extensions.md §3.
 */
import type { RelayUrl } from "../../protocol/ids.ts";
import {
  type Transport,
  type TransportRecord,
  TransportsFile,
} from "../../store/home/transports.ts";
import type { ClientContext } from "../context.ts";
import type { Published } from "../relay/published.ts";
import { type PairPlace, PairWatches } from "./pair_watches.ts";
import { NOT_OFFERED, RelayLine } from "./relay_line.ts";
import { AnnouncedLimits } from "./announced_limits.ts";
import type { Publisher, PublishOptions } from "./poster.ts";
import { publishAll } from "./publish.ts";
import { PublishLines } from "./publish_lines.ts";
import type { Route } from "./routes.ts";
import type { MailboxReader } from "./slot_keeper.ts";
import { StreamWakes } from "./stream_wakes.ts";

export interface LinesOptions {
  readonly reader: MailboxReader;
  /** A mailbox has something new, or should be asked. */
  onMail(): void;
  /** The other side of a pairing did something. */
  onPair(): void;
  /** How mail comes has changed; told with what holds now. */
  onTransports?(records: readonly TransportRecord[]): void;
}

export class Lines implements Publisher {
  readonly #context: ClientContext;
  readonly #options: LinesOptions;
  readonly #streams: StreamWakes;
  readonly #pairs: PairWatches;
  readonly #limits: AnnouncedLimits;
  /** Where we only publish. */
  readonly #publishing: PublishLines;
  readonly #file: TransportsFile;
  readonly #lines = new Map<RelayUrl, RelayLine>();
  readonly #leaving = new Set<Promise<void>>();
  /** By mailbox, as it was told last. */
  readonly #told = new Map<string, TransportRecord>();
  #routes: readonly Route[] = [];
  /** What was told last, all of it. */
  #shown = "[]";
  #isClosed = false;

  constructor(context: ClientContext, options: LinesOptions) {
    this.#context = context;
    this.#options = options;
    this.#streams = new StreamWakes(context, () => options.onMail(), () => this.#changed());
    this.#pairs = new PairWatches(() => options.onPair());
    this.#limits = new AnnouncedLimits(context);
    this.#publishing = new PublishLines(context, this.#limits);
    this.#file = new TransportsFile(context.home);
  }

  /** Serves exactly these mailboxes of ours from now on. */
  follow(routes: readonly Route[]): void {
    this.#routes = routes;
    const byRelay = Map.groupBy(routes, ({ relayUrl }) => relayUrl);
    for (const [relayUrl, line] of this.#lines) {
      if (byRelay.has(relayUrl)) continue;
      this.#lines.delete(relayUrl);
      const left = line.close().finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
    for (const [relayUrl, mailboxes] of byRelay) {
      const line = this.#lines.get(relayUrl) ?? this.#line(relayUrl);
      line.follow(mailboxes);
    }
    this.#changed();
  }

  /** @returns undefined, now or later, where the messages are to go as requests */
  publish(
    route: Route,
    texts: readonly string[],
    options?: PublishOptions,
  ): Promise<readonly (Published | undefined)[] | undefined> | undefined {
    const { relayUrl } = route;
    const line = this.#lines.get(relayUrl);
    if (line === undefined) return this.#publishing.publish(route, texts, options);
    const { session } = line;
    if (session === undefined) return undefined;
    return this.#limits.of(relayUrl).then((limits) =>
      publishAll({ session, limits }, route, texts, options)
    );
  }

  connectedSince(relayUrl: RelayUrl): number | undefined {
    return this.#lines.get(relayUrl)?.connectedSince;
  }

  /** @returns those that are not watched, so that somebody has to ask */
  watchPairs(places: readonly PairPlace[]): readonly PairPlace[] {
    return this.#pairs.follow(places, (relayUrl) => this.#lines.get(relayUrl)?.session);
  }

  /** After a sleep of the machine: connections that died meanwhile do not tell. */
  check(): void {
    for (const { session } of this.#lines.values()) session?.check();
    this.#publishing.check();
  }

  /** Ends everything. What came is stored when it resolves. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.watchPairs([]);
    const lines = [...this.#lines.values()].map((line) => line.close());
    const all = [this.#streams.close(), this.#publishing.close(), ...lines, ...this.#leaving];
    await Promise.all(all);
    await this.#file.remove();
  }

  #line(relayUrl: RelayUrl): RelayLine {
    const line = new RelayLine(this.#context, relayUrl, {
      reader: this.#options.reader,
      changed: () => this.#changed(),
      wake: () => this.#options.onMail(),
    });
    this.#lines.set(relayUrl, line);
    return line;
  }

  #changed(): void {
    if (this.#isClosed) return;
    this.#streams.follow(this.#routes.filter((route) => this.#whyNotServed(route) !== undefined));
    const records = this.#routes.flatMap((route) => this.#record(route) ?? []);
    for (const record of records) this.#tell(record);
    this.#file.write(records);
    const shown = JSON.stringify(records);
    if (shown !== this.#shown) this.#options.onTransports?.(records);
    this.#shown = shown;
  }

  /** @returns why others have to listen for this mailbox; undefined where nobody has to */
  #whyNotServed(route: Route): string | undefined {
    const line = this.#lines.get(route.relayUrl);
    if (line?.state.tag === "down") return line.state.why;
    return line?.refusal(route);
  }

  /** @returns undefined while nothing is decided */
  #record(route: Route): TransportRecord | undefined {
    const line = this.#lines.get(route.relayUrl);
    const place = { relay_url: route.shownUrl, slot_id: route.slotId };
    if (line?.state.tag === "barred") {
      return { ...place, transport: "none", why: line.state.why };
    }
    const why = this.#whyNotServed(route);
    if (why !== undefined) {
      const stream = this.#streams.stateOf(route);
      if (stream === "opening") return this.#told.get(`${route.shownUrl} ${route.slotId}`);
      return { ...place, transport: stream === "open" ? "event_stream" : "polling", why };
    }
    // A connection that is being made again is told only when it does not come back.
    return line?.isServed(route) === true
      ? { ...place, transport: "websocket" }
      : this.#told.get(`${route.shownUrl} ${route.slotId}`);
  }

  /** Once for each change; how it begins goes to the log only. */
  #tell(record: TransportRecord): void {
    const { relay_url, slot_id, transport, why } = record;
    const key = `${relay_url} ${slot_id}`;
    const before = this.#told.get(key);
    if (before?.transport === transport) return;
    this.#told.set(key, record);
    this.#context.platform.log.info("transport", { ...record });
    // What is as it should be at the beginning, or cannot be better, is not worth a line.
    if (before === undefined && (why === undefined || why === NOT_OFFERED)) return;
    const instead = why === undefined ? "" : ` (${why})`;
    this.#context.warn(`mail at ${relay_url} now comes by ${NAMES[transport]}${instead}`);
  }
}

const NAMES: Readonly<Record<Transport, string>> = {
  websocket: "WebSocket",
  event_stream: "event stream",
  polling: "asking at intervals",
  none: "no way",
};
