/** Text of peers and relays made safe for a message: one line, bounded, nothing that a terminal obeys. */

/** Controls, line and paragraph separators, invisible and reordering characters, half surrogates. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/gu;
const LINE_ENDS_AND_TABS = /\r\n|[\n\r\t]/g;

export interface VisibleOptions {
  /** Characters at most; what is cut off is shown as `…`. */
  readonly maxLength?: number;
}

/**
 * One line that shows what is there and cannot move the cursor, change colours, reverse the reading
 * order, or pass for another line. Line ends and tabs become spaces, everything else `�`.
 */
export function visible(text: string, { maxLength = Infinity }: VisibleOptions = {}): string {
  // Cut first: the text may be as long as a stranger likes. Replacing never makes it longer.
  const head = text.length > maxLength ? text.slice(0, Math.max(0, maxLength)) + "…" : text;
  return head.replace(LINE_ENDS_AND_TABS, " ").replace(UNSAFE, "\ufffd");
}
