/**
 * What `wire setup` changed, so that it can be undone: setup.json in this user's own configuration
 * directory, whatever WIRE_HOME says, because hosts belong to the user.
 */
import path from "node:path";
import { z } from "zod";
import { unreadable } from "../../platform/file_errors.ts";
import type { FileLock } from "../../platform/files.ts";
import { homePaths } from "../../platform/paths.ts";
import type { Platform } from "../../platform/platform.ts";
import { JsonError, parseJson } from "../../protocol/json/parse.ts";
import { plain } from "../../protocol/json/value.ts";
import { schemaProblem } from "../../protocol/schemas/problem.ts";

const SetupRecord = z.looseObject({
  host: z.string(),
  /** As the host names it, and where a link leads. */
  file: z.string(),
  target: z.string(),
  /** Beside the file; null when there was no file. */
  backup: z.string().nullable(),
  /** SHA-256 in hex of the file before (null: no file) and after. */
  before: z.string().nullable(),
  after: z.string(),
  /** The entry as JSON, before (null: none) and after. */
  previous: z.string().nullable(),
  written: z.string(),
  /** Ours too, from an earlier time: what stands there if we were killed before writing. */
  earlier: z.string().nullable(),
  /** Whether what held the entry was made with it. */
  madeContainer: z.boolean(),
  /** Whether the backup holds nothing of ours. */
  exact: z.boolean(),
  at: z.string(),
});
export type SetupRecord = z.output<typeof SetupRecord>;

/** @param entry as JSON */
export const isOurEntry = (record: SetupRecord, entry: string | undefined): boolean =>
  entry !== undefined && (entry === record.written || entry === record.earlier);

const Journal = z.looseObject({ files: z.array(SetupRecord) });

const OWNER = "wire setup";
const LOCK_DEADLINE_MS = 10_000;

export class SetupJournal {
  readonly #platform: Platform;
  readonly #directory: string;

  constructor(platform: Platform) {
    const { env } = platform;
    this.#platform = platform;
    this.#directory = homePaths({
      get: (name) => name === "WIRE_HOME" ? undefined : env.get(name),
      os: env.os,
      homeDirectory: env.homeDirectory,
      hostname: env.hostname,
      currentDirectory: env.currentDirectory,
    }).configRoot;
  }

  get #file(): string {
    return path.join(this.#directory, "setup.json");
  }

  /** One setup at a time. @throws {WireError} locked, naming the holder */
  async lock(): Promise<FileLock> {
    const { files } = this.#platform;
    await files.ensureDirectory(this.#directory);
    const lock = path.join(this.#directory, "setup.lock");
    return await files.lock(lock, { owner: OWNER, deadlineMs: LOCK_DEADLINE_MS });
  }

  /** @throws {WireError} unreadable: what was changed is not known, so nothing is undone on a guess */
  async read(): Promise<readonly SetupRecord[]> {
    const text = await this.#platform.files.readText(this.#file);
    if (text === undefined) return [];
    const result = Journal.safeParse(this.#parsed(text));
    if (result.success) return result.data.files;
    throw unreadable(this.#file, schemaProblem(result.error));
  }

  /** In the place of the record of that file, if there is one. */
  async put(record: SetupRecord): Promise<void> {
    const others = (await this.read()).filter(({ file }) => file !== record.file);
    await this.#write([...others, record]);
  }

  async drop(file: string): Promise<void> {
    const records = await this.read();
    await this.#write(records.filter((record) => record.file !== file));
  }

  async #write(files: readonly SetupRecord[]): Promise<void> {
    const text = JSON.stringify({ files }, null, 2) + "\n";
    await this.#platform.files.writeAtomic(this.#file, text, { point: "setup.journal" });
  }

  #parsed(text: string): unknown {
    try {
      return plain(parseJson(text));
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      throw unreadable(this.#file, error.message, error);
    }
  }
}
