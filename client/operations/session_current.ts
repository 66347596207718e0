/** Which session this directory has, and which home commands use here. See docs/protocol/cli.md §7.1. */
import { z } from "zod";
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { Sessions } from "../../store/sessions/sessions.ts";
import type { Operation } from "../operation.ts";
import { findHome, type FoundHome, HOME_SOURCES } from "../sessions/find_home.ts";

const SessionCurrentInput = z.object({});

const SessionCurrentOutput = z.object({
  cwd: z.string(),
  /** By the exact directory: one below it, or above, has none of it. */
  session: z.string().nullable(),
  /** What names the home that commands use here; `none`: they refuse, and say why. */
  source: z.enum([...HOME_SOURCES, "none"]),
  /** That home; null for the user's own, which is no single directory. */
  home_dir: z.string().nullable(),
});

/** @throws {WireError} usage, unreadable */
export const sessionCurrent = {
  input: SessionCurrentInput,
  output: SessionCurrentOutput,
  async run({ platform }) {
    const cwd = platform.env.currentDirectory;
    const sessions = await Sessions.open(platform);
    const { source, directory } = await foundHome(platform);
    return {
      cwd,
      session: await sessions.nameFor(cwd) ?? null,
      source,
      home_dir: directory ?? null,
    };
  },
} satisfies Operation<typeof SessionCurrentInput, typeof SessionCurrentOutput>;

async function foundHome(platform: Platform): Promise<FoundHome | typeof NONE> {
  try {
    return await findHome(platform);
  } catch (error) {
    if (error instanceof WireError && (error.code === "not_found" || error.code === "refused")) {
      return NONE;
    }
    throw error;
  }
}

const NONE = { source: "none", directory: undefined } as const;
