/** Two homes paired in the foreground, as two scripts would do it. */
import assert from "node:assert/strict";
import type { Home } from "./world.ts";

const CODE = /^\s+(\d{4,5}(?:-[a-z]+){3})$/;
const DIGITS = /(?<!\d)(\d{3}-\d{3})(?!\d)/;

export interface PairResult {
  readonly paired_with: string;
  readonly peer_handle: string;
  readonly sas: string;
}

/** @returns what each side printed */
export async function pairHomes(
  host: Home,
  guest: Home,
  relayUrl: string,
): Promise<readonly [PairResult, PairResult]> {
  await using hosting = host.start(["pair-host", "--relay", relayUrl, "--timeout", "300"]);
  const [, code = ""] = await hosting.line("stderr", CODE);
  await using joining = guest.start(["pair-join", code, "--relay", relayUrl, "--timeout", "300"]);
  const [[, left], [, right]] = await Promise.all([
    hosting.line("stderr", DIGITS),
    joining.line("stderr", DIGITS),
  ]);
  assert.equal(left, right);
  await Promise.all([hosting.write("y\n"), joining.write("y\n")]);
  const [hosted, joined] = await Promise.all([hosting.finished(), joining.finished()]);
  assert.equal(hosted.code, 0, hosted.stderr);
  assert.equal(joined.code, 0, joined.stderr);
  return [JSON.parse(hosted.stdout), JSON.parse(joined.stdout)];
}
