/** A peer's text inside a message for people or in a reason that other programs compare. */

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Zs}\p{Grapheme_Extend}]/u;
const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\0": "\\0",
};
const MAX_QUOTED = 256;

/**
 * The text in double quotes, escaped as the reference does: quotes, backslashes and everything that
 * a terminal would not show as itself (`\u{202e}`). Cut with `…` after 256 characters.
 * See docs/protocol/identity-and-events.md §1.
 */
export function quote(text: string): string {
  let quoted = "";
  let count = 0;
  for (const character of text) {
    if (count++ === MAX_QUOTED) return `"${quoted}…"`;
    quoted += NAMED[character] ??
      (character !== " " && UNPRINTABLE.test(character)
        ? `\\u{${character.codePointAt(0)?.toString(16)}}`
        : character);
  }
  return `"${quoted}"`;
}
