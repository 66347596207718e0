/** Times of other people's events, as they are shown. */
import { visible } from "../../protocol/text/visible.ts";

/** `2026-11-21T05:11:57.148899504Z` to the second, or whatever the sender wrote, made safe. */
export const toTheSecond = (timestamp: string): string => visible(timestamp).slice(0, 19);
