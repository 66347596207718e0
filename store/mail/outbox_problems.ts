/**
 * Outbox lines that can never be posted, for `status` to show: whoever reads the outbox to send it
 * writes them down in `state/wire/delivery/<peer>.problems.json`.
 */
import path from "node:path";
import type { Files } from "../../platform/files.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { visible } from "../../protocol/text/visible.ts";
import { mailPaths } from "./mail_paths.ts";

export interface LineProblem {
  /** Where the line starts, in bytes from the start of the outbox file. */
  readonly offset: number;
  readonly problem: string;
}

export interface PeerProblem extends LineProblem {
  readonly peer: Handle;
}

export interface ProblemsDependencies {
  readonly files: Files;
  readonly stateRoot: string;
}

/** Kept per peer; the first ones, since those stay. */
const MOST_KEPT = 100;
const SUFFIX = ".problems.json";

export class OutboxProblems {
  readonly #files: Files;
  readonly #directory: string;

  constructor({ files, stateRoot }: ProblemsDependencies) {
    this.#files = files;
    this.#directory = mailPaths(stateRoot).delivery;
  }

  async load(peer: Handle): Promise<LineProblem[]> {
    return parseProblems(await this.#files.readText(this.#path(peer)));
  }

  async save(peer: Handle, problems: readonly LineProblem[]): Promise<void> {
    const kept = problems.slice(0, MOST_KEPT).map(({ offset, problem }) => ({ offset, problem }));
    await this.#files.ensureDirectory(this.#directory);
    await this.#files.writeAtomic(this.#path(peer), JSON.stringify(kept), {
      point: "outbox.problems",
    });
  }

  /** Of all peers, in byte order. */
  async all(): Promise<PeerProblem[]> {
    const found: PeerProblem[] = [];
    for (const name of await this.#files.list(this.#directory)) {
      const peer = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : "";
      if (!isHandle(peer)) continue;
      for (const problem of await this.load(peer)) found.push({ peer, ...problem });
    }
    return found;
  }

  #path(peer: Handle): string {
    return path.join(this.#directory, `${peer}${SUFFIX}`);
  }
}

function parseProblems(text: string | undefined): LineProblem[] {
  if (text === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return []; // a note for people, made again when the outbox is read from its start
  }
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_KEPT).flatMap((entry: unknown): LineProblem[] => {
    if (typeof entry !== "object" || entry === null) return [];
    const offset: unknown = Reflect.get(entry, "offset");
    const problem: unknown = Reflect.get(entry, "problem");
    // Whoever can write the file can put any text there, and it becomes part of our messages.
    return typeof offset === "number" && typeof problem === "string"
      ? [{ offset, problem: visible(problem) }]
      : [];
  });
}
