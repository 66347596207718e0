/** Keeps the records of what is missing; for whoever holds the home's daemon.lock. */
import type { Clock } from "../../platform/clock.ts";
import type { EpochMs, Handle } from "../../protocol/ids.ts";
import {
  type GapFiles,
  readCaughtUp,
  readGaps,
  writeCaughtUp,
  writeGaps,
} from "../../store/mail/gap_record.ts";
import { Inbox } from "../../store/mail/inbox.ts";
import { gapsNow, holesOf, JUDGED_AFTER_MS } from "./gaps.ts";

/** What `verify --gaps` may have to read again. */
const SAVE_AFTER_BYTES = 64 * 1024;
/** A busy mailbox brings many rounds a second. */
const SPACING_MS = 2_000;

interface Known {
  /** Of the inbox file. */
  readonly size: number;
  /** When each hole was noticed. */
  readonly noticed: readonly EpochMs[];
}

export class GapKeeper {
  readonly #deps: GapFiles;
  readonly #clock: Clock;
  readonly #known = new Map<Handle, Known>();
  /** On the monotonic clock, ms. */
  #lookedAt = -Infinity;

  constructor(deps: GapFiles, clock: Clock) {
    this.#deps = deps;
    this.#clock = clock;
  }

  /**
   * After a round of reading.
   * @param isCaughtUp whether every mailbox of ours was read to its end
   * @throws {WireError} unreadable, write_failed
   */
  async round(isCaughtUp: boolean): Promise<void> {
    if (this.#clock.monotonic() - this.#lookedAt < SPACING_MS) return;
    this.#lookedAt = this.#clock.monotonic();
    const now = this.#clock.now();
    const inbox = new Inbox(this.#deps);
    for (const peer of await inbox.senders()) {
      const size = (await this.#deps.files.stat(inbox.path(peer)))?.size ?? 0;
      if (this.#known.get(peer)?.size === size) continue;
      this.#known.set(peer, { size, noticed: await this.#readOn(peer, now) });
    }
    const noticed = [...this.#known.values()].flatMap((known) => known.noticed);
    const due = noticed.map((at) => at + JUDGED_AFTER_MS).filter((at) => at <= now);
    // Written only when there is something to judge.
    if (!isCaughtUp || due.length === 0) return;
    if (await readCaughtUp(this.#deps) < Math.max(...due)) await writeCaughtUp(this.#deps, now);
  }

  async #readOn(peer: Handle, now: EpochMs): Promise<readonly EpochMs[]> {
    const saved = await readGaps(this.#deps, peer);
    const record = await gapsNow(this.#deps, peer, now);
    const holes = holesOf(record);
    const isNews = JSON.stringify(holes) !== JSON.stringify(holesOf(saved)) ||
      record.offset - saved.offset >= SAVE_AFTER_BYTES;
    if (isNews) await writeGaps(this.#deps, peer, record);
    return holes.map(({ noticedAt }) => noticedAt);
  }
}
