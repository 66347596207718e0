/**
 * `pair-rejected.jsonl`: requests to pair, and answers, that came to nothing. A format of 0.5.19, which
 * appends to the same file. See docs/protocol/identity-and-events.md §14.4.
 */
import path from "node:path";
import { isHandle } from "../../protocol/ids.ts";
import type { Home } from "./home.ts";

/** Strangers can make lines: a file of this size says enough. */
export const MAX_PAIR_REJECTIONS_BYTES = 1024 * 1024;

export interface PairRejection {
  readonly code: string;
  readonly detail: string;
  /** As the sender calls itself. */
  readonly peer: string;
}

export const pairRejectionsIn = ({ paths }: Home): string =>
  path.join(paths.stateRoot, "pair-rejected.jsonl");

/** @throws {WireError} write_failed */
export async function recordPairRejection(
  home: Home,
  { code, detail, peer }: PairRejection,
): Promise<void> {
  const { files, clock } = home.platform;
  const file = pairRejectionsIn(home);
  await home.ensureRoots();
  const stat = await files.stat(file);
  if ((stat?.size ?? 0) >= MAX_PAIR_REJECTIONS_BYTES) return;
  const named = isHandle(peer) ? peer : "<unknown>";
  const line = { code, detail, peer: named, ts: Math.floor(clock.now() / 1000) };
  await files.append(file, `${JSON.stringify(line)}\n`, { point: "home.pair_rejected" });
}
