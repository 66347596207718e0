/** Asks for a pairing code, so that it need not stand on the command line. */
import { WireError } from "../../protocol/errors.ts";
import type { Platform } from "../../platform/platform.ts";
import type { Terminal } from "../../platform/terminal.ts";
import { isPair2Shape, parsePair2Code } from "../../protocol/pair2/code.ts";
import { parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import { visible } from "../../protocol/text/visible.ts";
import { typed } from "./code_keys.ts";

const PROMPT = "code from the other side (Tab completes words): ";
const START_OF_LINE = "\r\u001b[2K";

/** @throws {WireError} usage, at the end of input; interrupted */
export async function askForCode({ terminal }: Pick<Platform, "terminal">): Promise<string> {
  const { stdin, stderr } = terminal;
  const isEdited = stdin.isTerminal && stderr.isTerminal;
  const line = isEdited ? await edited(terminal) : await stdin.readLine();
  if (line !== undefined && line.trim() !== "") return line;
  throw new WireError("usage", "Cannot join: expected a code, on the command line or typed", {
    hint: "wire pair-join, and then the code of the other side",
  });
}

/** Why a typed line is no code of either form; undefined if it is one. */
function slipIn(line: string): string | undefined {
  try {
    if (isPair2Shape(line)) parsePair2Code(line);
    else parseCodePhrase(line);
    return undefined;
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
}

/** @returns undefined at the end of input */
async function edited({ stdin, stderr }: Terminal): Promise<string | undefined> {
  using keys = stdin.keys();
  let line = "";
  for (;;) {
    await stderr.write(START_OF_LINE + PROMPT + line);
    const pressed = await keys.next();
    const { words, end, line: next } = typed(line, pressed ?? "\u0004");
    line = next;
    if (words !== undefined) await stderr.write(`\r\n${words.join(" ")}\r\n`);
    if (end === undefined && pressed !== undefined) continue;
    await stderr.write(`${START_OF_LINE}${PROMPT}${line}\r\n`);
    const slip = end === "entered" ? slipIn(line) : undefined;
    if (slip !== undefined) {
      await stderr.write(`${visible(slip)}\r\n`);
      continue; // with the line as it is: a wrong letter is mended, not the whole code typed again
    }
    if (end === "cancelled") throw new WireError("interrupted", "interrupted");
    return end === "entered" ? line : undefined;
  }
}
