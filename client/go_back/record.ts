/**
 * `went-back.json`: since when a home is prepared for 0.5.19, and what its card said before. Ours, in
 * the state root, where 0.5.19 passes over names that it does not know.
 * See docs/protocol/extensions.md §12.
 */
import path from "node:path";
import { z } from "zod";
import { unreadable } from "../../platform/file_errors.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { plain } from "../../protocol/json/value.ts";
import type { Home } from "../../store/home/home.ts";
import { readJsonObject } from "../../store/home/json_file.ts";

export const WentBack = z.looseObject({
  /** RFC 3339; absent while it is under way. */
  done_at: z.string().optional(),
  /** Capabilities that the card had. */
  capabilities: z.array(z.string()).default([]),
});
export type WentBack = z.output<typeof WentBack>;

const pathIn = ({ paths }: Home): string => path.join(paths.stateRoot, "went-back.json");

/** @returns undefined where it was never begun @throws {WireError} unreadable, naming the file */
export async function readWentBack(home: Home): Promise<WentBack | undefined> {
  const file = pathIn(home);
  const value = await readJsonObject(home.platform.files, file);
  if (value === undefined) return undefined;
  const result = WentBack.safeParse(plain(value));
  if (result.success) return result.data;
  throw unreadable(file, "it holds no record of wire go-back");
}

/** @throws {WireError} write_failed */
export async function writeWentBack(home: Home, record: WentBack): Promise<void> {
  const { capabilities, done_at } = record;
  const text = prettyJson({ capabilities, ...(done_at === undefined ? {} : { done_at }) });
  await home.ensureRoots();
  await home.platform.files.writeAtomic(pathIn(home), text, { point: "go_back.record" });
}

/** The home is ours again. @returns whether it was not */
export const removeWentBack = (home: Home): Promise<boolean> =>
  home.platform.files.remove(pathIn(home), { point: "go_back.forget" });
