/**
 * The line that activates a session in a shell. One text for sh, bash, zsh and fish, so it uses only
 * what they read alike. Pure. See docs/protocol/cli.md §7.1.
 */

/** What no shell looks at twice; written as it is, as 0.5.19 does. */
const PLAIN = /^[A-Za-z0-9_/.+,@%=-]+$/;

/** @param home an absolute path */
export const exportLine = (home: string): string => `export WIRE_HOME=${shellWord(home)}`;

/**
 * In single quotes, but for quotes and backslashes: fish, unlike the others, reads a backslash inside
 * single quotes, and all of them read `\\` and `\'` outside as that character.
 */
export const shellWord = (text: string): string =>
  PLAIN.test(text) ? text : `'${text.replace(/['\\]/g, (character) => `'\\${character}'`)}'`;
