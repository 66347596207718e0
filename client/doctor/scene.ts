/** What the checks look at: read when the first one asks, and once however many ask. */
import type { RelayUrl } from "../../protocol/ids.ts";
import type { LiveStatus } from "../../protocol/schemas/live.ts";
import type { RelayState } from "../../protocol/schemas/relay_state.ts";
import type { TrustStore } from "../../protocol/trust/trust.ts";
import { type DaemonSnapshot, daemonSnapshot } from "../../store/home/daemon_state.ts";
import type { Home } from "../../store/home/home.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { ClientContext } from "../context.ts";
import { ownMailboxes } from "../grants/own_mailboxes.ts";
import type { RelayHealth } from "../relay_client.ts";

/** For one answer of a relay: whoever runs this is waiting. */
export const RELAY_MS = 5_000;

export interface SceneOptions {
  /** How many failed pairings are named. */
  readonly recentRejections: number;
}

export class Scene {
  readonly context: ClientContext;
  readonly home: Home;
  readonly options: SceneOptions;
  readonly #health = new Map<RelayUrl, Promise<RelayHealth>>();
  #identity: Promise<Identity> | undefined;
  #trust: Promise<TrustStore> | undefined;
  #relayState: Promise<RelayState> | undefined;
  #daemon: Promise<DaemonSnapshot> | undefined;
  #live: Promise<LiveStatus | undefined> | undefined;

  constructor(context: ClientContext, options: SceneOptions) {
    this.context = context;
    this.home = context.home;
    this.options = options;
  }

  /** @throws {WireError} not_initialized, unreadable */
  identity(): Promise<Identity> {
    return this.#identity ??= this.home.readIdentity();
  }

  /** @throws {WireError} unreadable */
  trust(): Promise<TrustStore> {
    return this.#trust ??= this.home.readTrust();
  }

  /** @throws {WireError} unreadable */
  relayState(): Promise<RelayState> {
    return this.#relayState ??= this.home.readRelayState();
  }

  /** @throws {WireError} unreadable */
  daemon(): Promise<DaemonSnapshot> {
    return this.#daemon ??= daemonSnapshot(this.home);
  }

  /** What the daemon says of itself; undefined when it does not answer. Never throws */
  live(): Promise<LiveStatus | undefined> {
    return this.#live ??= this.context.daemon.status();
  }

  /** Where we have mailboxes, each once. @throws {WireError} unreadable */
  async ownRelays(): Promise<readonly RelayUrl[]> {
    const mailboxes = ownMailboxes(await this.relayState());
    return [...new Set(mailboxes.map(({ relayUrl }) => relayUrl))];
  }

  /** @throws {WireError} unreachable, relay_status */
  health(url: RelayUrl): Promise<RelayHealth> {
    const asked = this.#health.get(url) ?? this.context.relay(url).health(this.soon());
    this.#health.set(url, asked);
    return asked;
  }

  /** The deadline of one question to a relay. */
  soon(): AbortSignal {
    return this.context.platform.clock.timeout(RELAY_MS);
  }
}
