/** Text of others made safe for a terminal. */

/** Controls, line and paragraph separators, what reorders text, and lone surrogates. */
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/**
 * One line that shows what is there and cannot move the cursor, change colours, or pass for
 * another line. Line ends and tabs become spaces; every other control becomes `�`.
 */
export const visible = (text: string): string =>
  text.replace(/\r\n|[\n\r\t]/g, " ").replace(UNSAFE, "\ufffd");
