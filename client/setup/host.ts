/** An agent host: where it reads its tool servers, and how it writes one. */
import type { ConfigFormat, Plain } from "./format.ts";
import type { Places } from "./places.ts";

/** How our tool server is started. */
export interface Server {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export type Entry = Readonly<Record<string, Plain>>;

/** An entry as a host writes it, taken apart. */
export interface EntryShape {
  /** The members that say what is started: when one differs, another server is started. */
  starting(server: Server): Entry;
  /** What a new entry has beside them. */
  readonly others: Entry;
  /** The member that holds the environment. */
  readonly env: string;
  /** The command of an entry, and its arguments; undefined when it starts nothing. */
  started(entry: Entry): readonly string[] | undefined;
}

export interface HostPlace {
  readonly file: string;
  /** One of these is there where the host is installed. */
  readonly signs: readonly string[];
}

export interface Host {
  /** As `--host` takes it. */
  readonly id: string;
  readonly name: string;
  readonly format: ConfigFormat;
  /** Where the entry stands in the file. */
  readonly path: readonly string[];
  readonly shape: EntryShape;
  /** In the current directory, and shared with whoever works there. */
  readonly isProject?: true;
  /** Undefined where the host does not run on this system. The first file that is there counts. */
  places(where: Places): readonly HostPlace[];
}

/** `{"command", "args", "env"}`, as most hosts write it. */
export function commandShape(others: Entry = {}): EntryShape {
  return {
    starting: ({ command, args }) => ({ command, args }),
    others,
    env: "env",
    started({ command, args = [] }) {
      if (typeof command !== "string" || !isTexts(args)) return undefined;
      return [command, ...args];
    },
  };
}

export function isTexts(value: Plain): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** A whole new entry. */
export function entryFor({ shape }: Host, server: Server): Entry {
  const env = Object.keys(server.env).length === 0 ? {} : { [shape.env]: server.env };
  return { ...shape.others, ...shape.starting(server), ...env };
}
