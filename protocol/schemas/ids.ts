/** Identifiers as zod schemas, whose output is the branded type. See protocol/ids.ts. */
import { z } from "zod";
import {
  type CodeHash,
  isCodeHash,
  isPairId,
  isSlotId,
  isSlotToken,
  type PairId,
  parseRelayUrl,
  type RelayUrl,
  type SlotId,
  type SlotToken,
} from "../ids.ts";

/** A hex string of exactly that many digits, checked once more by the predicate that brands it. */
function hexId<T extends string>(digits: number, is: (text: unknown) => text is T) {
  return z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`)).transform((text, context): T => {
    if (is(text)) return text;
    context.addIssue({ code: "custom", message: `expected ${digits} hex digits` });
    return z.NEVER;
  });
}

export const SlotIdSchema: z.ZodType<SlotId, string> = hexId(32, isSlotId);
export const SlotTokenSchema: z.ZodType<SlotToken, string> = hexId(64, isSlotToken);
export const PairIdSchema: z.ZodType<PairId, string> = hexId(32, isPairId);
export const CodeHashSchema: z.ZodType<CodeHash, string> = hexId(64, isCodeHash);

/** Normalised: without trailing slashes. */
export const RelayUrlSchema: z.ZodType<RelayUrl, string> = z.string().transform(
  (text, context) => {
    const url = parseRelayUrl(text);
    if (url !== undefined) return url;
    context.addIssue({ code: "custom", message: "expected an http(s) URL without user or query" });
    return z.NEVER;
  },
);
