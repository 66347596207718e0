/** The command line of this installation, as somebody else starts it: a host, a service manager. */
import path from "node:path";
import type { Platform } from "../platform/platform.ts";
import type { SelfCommand } from "../platform/processes.ts";
import { WireError } from "../protocol/errors.ts";

/** @throws {WireError} not_found, when what would be written down is not there */
export async function ownCommand({ processes, files }: Platform): Promise<SelfCommand> {
  const { self } = processes;
  for (const file of [self.executable, ...self.prefix.filter((part) => path.isAbsolute(part))]) {
    if ((await files.stat(file))?.isFile === true) continue;
    throw new WireError("not_found", `Cannot name the command of wire: ${file} is not there`);
  }
  return self;
}

const RUN_ONCE = /[\\/]_npx[\\/]/;

/** What a person should know before the command is written down; undefined when nothing. */
export function commandNote({ executable, prefix }: SelfCommand): string | undefined {
  if (![executable, ...prefix].some((part) => RUN_ONCE.test(part))) return undefined;
  return "this runs from a cache that npx may empty: install wire or Deno, and do this again";
}
