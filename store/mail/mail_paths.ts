/** Where an identity's mail lies below its state root. See docs/protocol/identity-and-events.md §2. */
import path from "node:path";
import { type Handle, isHandle } from "../../protocol/ids.ts";

export interface MailPaths {
  readonly inbox: string;
  readonly outbox: string;
  /** Ours, beside the files of 0.5.19: what happened to each outbox line. */
  readonly delivery: string;
  readonly quarantine: string;
  /** What `wire archive` took out of the inbox files. */
  readonly archive: string;
  /** What it took out of the outbox files. */
  readonly sent: string;
  /** Append locks of outbox files: not beside them, where agents watch and list. */
  readonly locks: string;
}

export function mailPaths(stateRoot: string): MailPaths {
  return {
    inbox: path.join(stateRoot, "inbox"),
    outbox: path.join(stateRoot, "outbox"),
    delivery: path.join(stateRoot, "delivery"),
    quarantine: path.join(stateRoot, "quarantine"),
    archive: path.join(stateRoot, "archive", "inbox"),
    sent: path.join(stateRoot, "archive", "outbox"),
    locks: path.join(stateRoot, "locks"),
  };
}

const SUFFIX = ".jsonl";

/** `<handle>.jsonl` in that directory. */
export const mailFile = (directory: string, peer: Handle): string =>
  path.join(directory, `${peer}${SUFFIX}`);

/** The handles that have a file among these names, in byte order. */
export function handlesOf(names: readonly string[]): Handle[] {
  const handles: Handle[] = [];
  for (const name of names) {
    const stem = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : "";
    if (isHandle(stem)) handles.push(stem);
  }
  return handles.sort();
}

/** Stems of `.jsonl` files that are no handle, such as `bob@relay.example`: nobody serves them. */
export function strangeStems(names: readonly string[]): string[] {
  return names.filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .filter((stem) => !isHandle(stem));
}
