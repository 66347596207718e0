/** Spaces in the place of a line: every reader passes over it, and no other line moves. */
import type { Files } from "../../platform/files.ts";
import type { Place } from "./outbox_position.ts";

const SPACE = 0x20;

/**
 * Nothing is overwritten when another line stands there by now.
 * @param line its place, without its line feed, and its text as it was read
 * @throws {WireError} write_failed
 */
export async function blankLine(
  files: Files,
  file: string,
  { offset, length, text }: Place & { readonly text: string },
): Promise<void> {
  const there = new TextDecoder().decode(await files.readAt(file, offset, length));
  if (there !== text) return;
  const spaces = new Uint8Array(length).fill(SPACE);
  await files.overwrite(file, offset, spaces, { point: "outbox.cancel" });
}
