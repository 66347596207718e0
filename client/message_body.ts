/**
 * A message's body as it is written on a command line: `-` is all of stdin, `@path` a file, anything
 * else the text itself. See docs/protocol/cli.md §4 (send).
 */
import type { Platform } from "../platform/platform.ts";
import { JsonError, parseJson } from "../protocol/json/parse.ts";
import type { Json } from "../protocol/json/value.ts";
import { readNamedFile, readStdin } from "./argument_text.ts";

/**
 * Only for what a person at a command line wrote: it reads files.
 * @throws {WireError} not_found, unreadable, bad_input
 */
export async function bodyOfArgument(argument: string, platform: Platform): Promise<Json> {
  if (argument === "-") return jsonOrText(await readStdin(platform));
  if (argument.startsWith("@")) {
    return jsonOrText(await readNamedFile(platform, argument.slice(1)));
  }
  return argument;
}

/** JSON if it is that, else the text, untrimmed. */
function jsonOrText(text: string): Json {
  try {
    return parseJson(text.trimEnd());
  } catch (error) {
    // Text is allowed to be no JSON; JSON that is too deep or has unsendable numbers stops later.
    if (error instanceof JsonError) return text;
    throw error;
  }
}
