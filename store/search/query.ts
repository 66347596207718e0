/** What a person types as a search, as an FTS5 expression that means words and nothing else. Pure. */

/** Beyond that, words are left out: nobody types them. */
const MOST_TERMS = 32;
const LONGEST_TERM = 200;

/**
 * Every word must be there; `"two words"` only as they stand, `wor*` also as a beginning. No operator
 * of FTS5 can be typed: each word is quoted.
 * @returns undefined when there is no word in it
 */
export function matchExpression(text: string): string | undefined {
  const terms: string[] = [];
  for (const [, phrase, word] of text.matchAll(/"([^"]*)"|([^\s"]+)/g)) {
    const typed = (phrase ?? word ?? "").replaceAll("\0", " ").slice(0, LONGEST_TERM);
    const isBeginning = phrase === undefined && typed.endsWith("*");
    const words = isBeginning ? typed.slice(0, -1) : typed;
    // What has no letter or digit has no token, and would match nothing.
    if (!/[\p{L}\p{N}\p{Co}]/u.test(words)) continue;
    terms.push(`"${words.replaceAll('"', "")}"${isBeginning ? "*" : ""}`);
    if (terms.length === MOST_TERMS) break;
  }
  return terms.length === 0 ? undefined : terms.join(" AND ");
}
