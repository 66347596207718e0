/** One word of a POSIX shell: commands that we print are pasted, and names are whatever somebody chose. */
export const shellWord = (text: string): string =>
  /^[A-Za-z0-9_./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
