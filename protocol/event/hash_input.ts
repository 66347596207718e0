/** The hash input of an event cut from its stored form, without printing anything again. */
import type { Span } from "../json/reader.ts";

/** Where the event lies in the text, and where its computed members are. */
export interface EventSpans {
  /** Offset of `{`. */
  readonly start: number;
  /** Offset after `}`. */
  readonly end: number;
  /** In text order. */
  readonly spans: readonly Span[];
}

/**
 * Because members are sorted and nothing is spaced, the canonical text is the stored text without
 * the computed members. See docs/protocol/extensions.md §1.
 * @param text must be in stored form between `start` and `end`
 */
export function hashInputOf(text: string, { start, end, spans }: EventSpans): string {
  if (spans.length === 0) return text.slice(start, end);
  const kept: string[] = [];
  let from = start + 1;
  for (const [memberStart, memberEnd] of spans) {
    // Each kept run is cut without the comma on either side.
    if (memberStart > from) kept.push(text.slice(from, memberStart - 1));
    from = memberEnd + 1;
  }
  if (from < end) kept.push(text.slice(from, end - 1));
  return `{${kept.join(",")}}`;
}
