/**
 * `transports.json`: how a running daemon hears of mail, mailbox by mailbox, for `wire status`.
 * Ours; a claim of the process that daemon.pid names, gone with it.
 */
import path from "node:path";
import { z } from "zod";
import type { Home } from "./home.ts";

export const Transport = z.enum(["websocket", "event_stream", "polling", "none"]);
export type Transport = z.infer<typeof Transport>;

export const TransportRecord = z.object({
  relay_url: z.string(),
  slot_id: z.string(),
  transport: Transport,
  /** Why it is not a WebSocket. */
  why: z.string().optional(),
});
export type TransportRecord = z.infer<typeof TransportRecord>;

const pathIn = ({ paths }: Home): string => path.join(paths.stateRoot, "transports.json");

/** Nothing when the file is missing or says nothing usable: it is for people only. */
export async function readTransports(home: Home): Promise<readonly TransportRecord[]> {
  const text = await home.platform.files.readText(pathIn(home));
  if (text === undefined) return [];
  try {
    const result = z.array(TransportRecord).safeParse(JSON.parse(text));
    return result.success ? result.data : [];
  } catch {
    return []; // a claim that cannot be read is none
  }
}

/** The newest state is written, one write at a time; states between are passed over. */
export class TransportsFile {
  readonly #home: Home;
  #written = "";
  #wanted = "";
  #writing: Promise<void> | undefined;

  constructor(home: Home) {
    this.#home = home;
  }

  write(records: readonly TransportRecord[]): void {
    this.#wanted = JSON.stringify(records, null, 2);
    if (this.#writing === undefined && this.#wanted !== this.#written) {
      this.#writing = this.#write();
    }
  }

  async remove(): Promise<void> {
    this.#wanted = this.#written;
    await this.#writing;
    const file = pathIn(this.#home);
    await this.#home.platform.files.remove(file, { point: "home.transports_removed" });
  }

  async #write(): Promise<void> {
    const { files, log } = this.#home.platform;
    try {
      while (this.#written !== this.#wanted) {
        const text = this.#wanted;
        await files.writeAtomic(pathIn(this.#home), text, { point: "home.transports" });
        this.#written = text;
      }
    } catch (error) {
      log.warn("how mail comes could not be written down", { error });
    } finally {
      this.#writing = undefined;
    }
  }
}
