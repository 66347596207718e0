/**
 * Remembers what was shown, so that the daemon tells its senders; only where config.toml says so.
 * See docs/protocol/extensions.md §5 and §14 ruling 2.
 */
import { wantsReceipt } from "../../protocol/delivery/receipts.ts";
import { WireError } from "../../protocol/errors.ts";
import type { WireEvent } from "../../protocol/event/event.ts";
import { type EventId, type Handle, isEventId } from "../../protocol/ids.ts";
import { readConfig } from "../../store/home/config.ts";
import { ReadMarks } from "../../store/mail/read_marks.ts";
import type { ClientContext } from "../context.ts";

/** What is remembered at once: whoever shows more of one sender tells of the newest. */
const MOST_SHOWN = 1_000;

export class ReadReceipts {
  readonly #context: ClientContext;
  readonly #isOn: boolean;
  readonly #shown = new Map<Handle, EventId[]>();

  private constructor(context: ClientContext, isOn: boolean) {
    this.#context = context;
    this.#isOn = isOn;
  }

  /** @throws {WireError} unreadable config.toml */
  static async begin(context: ClientContext): Promise<ReadReceipts> {
    const { config } = await readConfig(context.home);
    return new ReadReceipts(context, config.receipts?.read === true);
  }

  /** A verified message was shown with its body. */
  shown(sender: Handle, event: WireEvent): void {
    if (!this.#isOn || !isEventId(event.id) || !wantsReceipt(event)) return;
    const ids = this.#shown.get(sender) ?? [];
    if (ids.push(event.id) > 2 * MOST_SHOWN) ids.splice(0, MOST_SHOWN);
    this.#shown.set(sender, ids);
  }

  /** What cannot be written down is told on stderr: it is shown all the same. */
  async end(): Promise<void> {
    const { home: { paths: { stateRoot } }, platform: { files }, warn } = this.#context;
    const marks = new ReadMarks({ files, stateRoot });
    for (const [sender, ids] of this.#shown) {
      try {
        await marks.mark(sender, ids);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        warn(`no read receipts for ${sender}: ${error.message}`);
      }
    }
  }
}
