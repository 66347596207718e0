/**
 * What changes in the home while we run: mail, pairings that wait, peers. The files tell it, whoever
 * wrote them, within milliseconds where the system reports changes. See docs/protocol/mcp.md §7.
 */
import type { ClientContext } from "../client/context.ts";
import { Bell } from "../client/sync/bell.ts";
import { type InboxItem, InboxWatcher } from "../client/sync/inbox_watcher.ts";
import type { Files } from "../platform/files.ts";
import { WireError } from "../protocol/errors.ts";
import { isSelf } from "../protocol/trust/trust.ts";
import { Inbox } from "../store/mail/inbox.ts";
import { Arrivals } from "./arrivals.ts";
import type { McpHost } from "./host.ts";
import { pendingPairs } from "./pairing/pending.ts";

export type Change =
  | { readonly tag: "mail"; readonly items: readonly InboxItem[] }
  | { readonly tag: "pairings" }
  | { readonly tag: "peers" };

type Listener = (change: Change) => void | Promise<void>;

/** Where the system does not tell. */
const POLL_MS = 2_000;

export class Changes {
  readonly arrivals: Arrivals;
  readonly #host: McpHost;
  readonly #ready = Promise.withResolvers<void>();
  readonly #listeners = new Set<Listener>();
  readonly #bell = new Bell();
  #running: Promise<void> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #mail: { readonly directory: string; readonly watcher: InboxWatcher } | undefined;
  #pairings = "";
  #peers = "";

  constructor(host: McpHost) {
    this.#host = host;
    this.arrivals = new Arrivals(host.platform.random);
  }

  /** What is there now is no change; what comes from now on is told to whoever listens by then. */
  start(): Promise<void> {
    this.#running ??= this.#run().finally(() => this.#ready.resolve());
    return this.#ready.promise;
  }

  /** @returns stops listening */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Looks now; when it resolves, listeners have been told. */
  async look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#lookAtPeers());
    await this.#looking;
  }

  /** Whether whoever listens was told of the peers since this one is among them. */
  hasTold(did: string): boolean {
    return this.#listeners.size > 0 && this.#peers.endsWith(` ${did}`) ||
      this.#peers.includes(` ${did}\n`);
  }

  async ended(): Promise<void> {
    await this.#running;
  }

  /** Anew whenever the home is another one. */
  async #run(): Promise<void> {
    const { signal, platform: { log, clock } } = this.#host;
    while (!signal.aborted) {
      try {
        await this.#follow(await this.#host.context());
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        log.warn("mcp: cannot look what is new", { error: error.message });
        this.#ready.resolve();
        await this.#bell.wait(clock, POLL_MS, signal);
      }
    }
  }

  /** Until the end, or until it is not our home any more. */
  async #follow(context: ClientContext): Promise<void> {
    const { home, platform: { files, clock } } = context;
    const inbox = new Inbox({ files, stateRoot: home.paths.stateRoot });
    const mail = await this.#mailOf(inbox, files);
    this.#pairings = await fingerprint(() => pairingsOf(context));
    this.#peers = await fingerprint(() => peersOf(context));
    this.#ready.resolve();
    const over = new AbortController();
    const signal = AbortSignal.any([this.#host.signal, over.signal]);
    const { configRoot, stateRoot } = home.paths;
    const places = [inbox.directory, configRoot, stateRoot, home.file.pendingPairs];
    const watching = this.#ring(files.watch(places, signal));
    try {
      while (!signal.aborted) {
        this.#bell.reset();
        await this.#lookAtMail(mail);
        await this.#lookAtPairings(context);
        await this.look();
        if ((await this.#host.context()).home.paths.stateRoot !== stateRoot) return;
        await this.#bell.wait(clock, POLL_MS, signal);
      }
    } finally {
      over.abort();
      await watching;
    }
  }

  /** Where it was before, also after a look that failed. */
  async #mailOf(inbox: Inbox, files: Files): Promise<InboxWatcher> {
    if (this.#mail?.directory !== inbox.directory) {
      const watcher = new InboxWatcher(files, inbox);
      await watcher.skipToEnd();
      this.#mail = { directory: inbox.directory, watcher };
    }
    return this.#mail.watcher;
  }

  async #ring(changes: AsyncIterable<void>): Promise<void> {
    for await (const _ of changes) this.#bell.ring();
  }

  async #lookAtMail(mail: InboxWatcher): Promise<void> {
    const items = await Array.fromAsync(mail.fresh());
    if (items.length === 0) return;
    this.arrivals.add(items);
    await this.#tell({ tag: "mail", items });
  }

  async #lookAtPairings(context: ClientContext): Promise<void> {
    const now = await fingerprint(() => pairingsOf(context));
    if (now === this.#pairings) return;
    this.#pairings = now;
    await this.#tell({ tag: "pairings" });
  }

  async #lookAtPeers(): Promise<void> {
    const now = await fingerprint(async () => await peersOf(await this.#host.context()));
    if (now === this.#peers) return;
    this.#peers = now;
    await this.#tell({ tag: "peers" });
  }

  async #tell(change: Change): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => listener(change)));
  }
}

async function pairingsOf(context: ClientContext): Promise<string> {
  const pending = await pendingPairs(context);
  return pending.map(({ code, status }) => `${code}=${status}`).join("\n");
}

async function peersOf({ home }: ClientContext): Promise<string> {
  const { agents } = await home.readTrust();
  return [...agents.values()].filter((agent) => !isSelf(agent))
    .map(({ handle, did }) => `${handle} ${did}`).sort().join("\n");
}

/** What cannot be read has one fingerprint of its own. */
async function fingerprint(look: () => Promise<string>): Promise<string> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof WireError) return `! ${error.code}`;
    throw error;
  }
}
