/** Text of peers and relays made safe for a message: one line, bounded, nothing that a terminal obeys. */

/** Controls, line and paragraph separators, invisible and reordering characters, half surrogates. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/gu;
const LINE_ENDS_AND_TABS = /\r\n|[\n\r\t]/g;

/** Characters of somebody else's text that a message shows where its author said nothing else. */
const MAX_SHOWN = 400;

/** Characters of a whole message of ours, with all such texts in it. */
export const MAX_MESSAGE = 2_000;

export interface VisibleOptions {
  /** Characters at most; what is cut off is shown as `…`. */
  readonly maxLength?: number;
}

/**
 * One line that shows what is there and cannot move the cursor, change colours, reverse the reading
 * order, pass for another line, or fill the screen. Line ends and tabs become spaces, everything else `�`.
 */
export function visible(text: string, { maxLength = MAX_SHOWN }: VisibleOptions = {}): string {
  // Cut first: the text may be as long as a stranger likes. Replacing never makes it longer.
  const head = text.length > maxLength ? text.slice(0, Math.max(0, maxLength)) + "…" : text;
  return head.replace(LINE_ENDS_AND_TABS, " ").replace(UNSAFE, "\ufffd");
}

/** As {@linkcode visible}, never cut: for what was itself asked for, a body or a line to copy. */
export const visibleWhole = (text: string): string => visible(text, { maxLength: Infinity });
