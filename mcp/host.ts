/** One `wire mcp` process: what all its clients share. */
import { type ClientContext, createContext } from "../client/context.ts";
import type { Consent } from "../client/consent_port.ts";
import { type DaemonLink, NO_DAEMON } from "../client/daemon_link.ts";
import type { Platform } from "../platform/platform.ts";
import { Changes } from "./changes.ts";
import { PairSessions } from "./pairing/sessions.ts";
import type { Profile } from "./profile.ts";
import { Skew } from "./skew.ts";

export interface HostOptions {
  readonly consent: Consent;
  readonly profile: Profile;
  /** Left out: no daemon is ever asked. */
  readonly daemon?: DaemonLink;
}

export class McpHost implements AsyncDisposable {
  readonly platform: Platform;
  readonly consent: Consent;
  readonly profile: Profile;
  readonly changes: Changes;
  readonly pairings: PairSessions;
  readonly skew = new Skew();
  readonly #daemon: DaemonLink;
  readonly #stop = new AbortController();

  constructor(platform: Platform, { consent, profile, daemon = NO_DAEMON }: HostOptions) {
    this.platform = platform;
    this.consent = consent;
    this.profile = profile;
    this.#daemon = daemon;
    this.changes = new Changes(this);
    this.pairings = new PairSessions(this);
  }

  /** Aborts when the process is to end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Anew for each call: nothing of an identity is kept from one call to the next (lesson 31). */
  context(warn: (line: string) => void): ClientContext {
    return createContext(this.platform, { warn, daemon: this.#daemon });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.changes.ended(), this.pairings.ended()]);
  }
}
