/** One `wire mcp` process: what all its clients share. */
import { type ClientContext, createContext } from "../client/context.ts";
import type { Consent } from "../client/consent_port.ts";
import { type DaemonLink, NO_DAEMON } from "../client/daemon_link.ts";
import { atHome, findHome, type FoundHome } from "../client/sessions/find_home.ts";
import type { Platform } from "../platform/platform.ts";
import { Changes } from "./changes.ts";
import { PairSessions } from "./pairing/sessions.ts";
import type { Profile } from "./profile.ts";
import { Skew } from "./skew.ts";
import { Turns } from "./turns.ts";

export interface HostOptions {
  readonly consent: Consent;
  readonly profile: Profile;
  /** The daemon of the home that a world names; left out: none is ever asked. */
  readonly daemonOf?: (world: Platform) => DaemonLink;
}

export class McpHost implements AsyncDisposable {
  readonly platform: Platform;
  readonly consent: Consent;
  readonly profile: Profile;
  readonly changes: Changes;
  readonly pairings: PairSessions;
  readonly skew = new Skew();
  readonly turns = new Turns();
  readonly #daemonOf: (world: Platform) => DaemonLink;
  readonly #stop = new AbortController();

  constructor(platform: Platform, { consent, profile, daemonOf = () => NO_DAEMON }: HostOptions) {
    this.platform = platform;
    this.consent = consent;
    this.profile = profile;
    this.#daemonOf = daemonOf;
    this.changes = new Changes(this);
    this.pairings = new PairSessions(this);
  }

  /** Aborts when the process is to end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * Anew for each call: nothing of an identity is kept from one call to the next, and which home it is
   * is looked up each time, too (lesson 31).
   * @throws {WireError} usage, refused, not_found, unreadable
   */
  async context(warn: (line: string) => void = () => undefined): Promise<ClientContext> {
    const world = await this.#world();
    return createContext(world, {
      warn,
      daemon: this.#daemonOf(world),
      origin: { face: "mcp", proof: "unproved" },
    });
  }

  /** What named the home, as of now. @throws {WireError} usage, refused, not_found, unreadable */
  async homeSource(): Promise<FoundHome["source"]> {
    return (await findHome(this.platform)).source;
  }

  async #world(): Promise<Platform> {
    const { directory } = await findHome(this.platform);
    return directory === undefined ? this.platform : atHome(this.platform, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.changes.ended(), this.pairings.ended()]);
  }
}
