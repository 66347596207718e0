/** What a daemon of one home knows of itself, for whoever asks or watches. */
import type { PullNews } from "../client/sync/puller.ts";
import type { Rest } from "../client/sync/rests.ts";
import type { Platform } from "../platform/platform.ts";
import type { LiveMailbox, LiveNudged, LiveStatus } from "../protocol/schemas/live.ts";
import { VERSION } from "../protocol/version.ts";
import type { Complaints } from "./complaints.ts";
import type { PairTransition } from "./cycle_report.ts";
import { Watchers } from "./watchers.ts";

/** What can only be asked when somebody wants to know. */
export interface BoardSources {
  readonly complaints: Complaints;
  resting(): readonly (Rest<string> & { readonly peer: string })[];
}

export interface BoardOptions {
  readonly platform: Platform;
  readonly did: string;
}

export class Board {
  readonly watchers = new Watchers();
  readonly #options: BoardOptions;
  readonly #startedAt: string;
  #roundAt: string | null = null;
  #mailboxes: readonly LiveMailbox[] = [];
  #sources: BoardSources | undefined;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#startedAt = options.platform.clock.timestamp();
  }

  /** Whom to ask; before that, nothing is resting and nothing is wrong. */
  ask(sources: BoardSources): void {
    this.#sources = sources;
  }

  roundEnded(at: string): void {
    this.#roundAt = at;
  }

  mailboxesChanged(mailboxes: readonly LiveMailbox[]): void {
    this.#mailboxes = mailboxes;
    this.watchers.tell({ event: "mailboxes" });
  }

  readonly pulled: PullNews = ({ written, rejected }) => {
    for (const { from: peer, event_id } of written) {
      this.watchers.tell({ event: "received", peer, event_id });
    }
    for (const { event_id } of rejected) this.watchers.tell({ event: "rejected", event_id });
  };

  stored(peer: string, event_id: string): void {
    this.watchers.tell({ event: "stored", peer, event_id });
  }

  /** Without the digits: they are for a person's eyes. */
  paired(transitions: readonly PairTransition[]): void {
    for (const { code, from, to } of transitions) {
      this.watchers.tell({ event: "pairing", code, from, to });
    }
  }

  get self(): LiveNudged {
    return { version: VERSION, pid: this.#options.platform.processes.pid };
  }

  status(): LiveStatus {
    const resting = this.#sources?.resting() ?? [];
    return {
      ...this.self,
      did: this.#options.did,
      started_at: this.#startedAt,
      round_at: this.#roundAt,
      mailboxes: [...this.#mailboxes],
      resting: resting.map(({ peer, key, reason, retryInMs }) => ({
        peer,
        relay_url: key.split(" ", 1)[0] ?? "",
        reason,
        retry_in_ms: retryInMs,
      })),
      last_error: this.#sources?.complaints.latest ?? null,
      watchers: this.watchers.size,
    };
  }
}
