/**
 * The diagnostic trace, in the format of 0.5.19: `diag.jsonl`, on while WIRE_DIAG is set or
 * `diag.enabled` is there. See docs/protocol/identity-and-events.md §21.
 */
import path from "node:path";
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { VERSION } from "../../protocol/version.ts";
import { readLinesBackwards } from "../mail/jsonl_backwards.ts";
import { logBefore, makeRoomInLog, MAX_LOG_BYTES } from "./bounded_log.ts";
import { parseEntry, type TraceEntry } from "./entry.ts";

type World = Pick<Platform, "files" | "env" | "clock" | "processes">;

export interface TraceOptions {
  /** Of a file, before a new one is begun. */
  readonly maxBytes?: number;
}

export class Trace {
  readonly path: string;
  readonly #world: World;
  readonly #knob: string;
  readonly #maxBytes: number;

  constructor(world: World, stateRoot: string, { maxBytes = MAX_LOG_BYTES }: TraceOptions = {}) {
    this.#world = world;
    this.path = path.join(stateRoot, "diag.jsonl");
    this.#knob = path.join(stateRoot, "diag.enabled");
    this.#maxBytes = maxBytes;
  }

  /** Asked at every entry: whoever switches it on need not restart anything. */
  async isEnabled(): Promise<boolean> {
    const { env, files } = this.#world;
    return (env.get("WIRE_DIAG") ?? "") !== "" || await files.stat(this.#knob) !== undefined;
  }

  /** @throws {WireError} write_failed */
  async enable(): Promise<void> {
    const { files } = this.#world;
    await files.ensureDirectory(path.dirname(this.#knob));
    await files.writeAtomic(this.#knob, "1", { point: "diag.enable" });
  }

  /** @throws {WireError} write_failed */
  async disable(): Promise<void> {
    await this.#world.files.remove(this.#knob, { point: "diag.disable" });
  }

  /**
   * Nothing while it is off. A trace that cannot be written stops no mail.
   * @param payload plain values that are no secrets
   */
  async add(type: string, payload: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      if (await this.isEnabled()) await this.#add(type, payload);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }

  async #add(type: string, payload: Readonly<Record<string, unknown>>): Promise<void> {
    const { files, clock, processes: { pid } } = this.#world;
    await makeRoomInLog(files, this.path, this.#maxBytes);
    const ts = Math.floor(clock.now() / 1_000);
    const line = JSON.stringify({ payload, pid, ts, type, version: VERSION });
    await files.append(this.path, `${line}\n`, { point: "diag.append" });
  }

  async sizeBytes(): Promise<number> {
    return (await this.#world.files.stat(this.path))?.size ?? 0;
  }

  /** The last so many, oldest first, also from the file before; lines that are none are passed over. */
  async last(limit: number): Promise<TraceEntry[]> {
    const found: TraceEntry[] = [];
    for (const file of [this.path, logBefore(this.path)]) {
      for await (const text of readLinesBackwards(this.#world.files, file)) {
        if (found.length >= limit) return found.toReversed();
        const entry = text === undefined ? undefined : parseEntry(text);
        if (entry !== undefined) found.push(entry);
      }
    }
    return found.toReversed();
  }
}
