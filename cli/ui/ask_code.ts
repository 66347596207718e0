/** Asks for a pairing code, so that it need not stand on the command line. */
import { WireError } from "../../protocol/errors.ts";
import type { Platform } from "../../platform/platform.ts";

const PROMPT = "code from the other side: ";

/** @throws {WireError} usage, at the end of input */
export async function askForCode({ terminal }: Pick<Platform, "terminal">): Promise<string> {
  const { stdin, stderr } = terminal;
  if (stdin.isTerminal) await stderr.write(PROMPT);
  const line = await stdin.readLine();
  if (line !== undefined && line.trim() !== "") return line;
  throw new WireError("usage", "Cannot join: expected a code, on the command line or typed", {
    hint: "wire pair-join 4821-apple-river-stone --relay <url>",
  });
}
