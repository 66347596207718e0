/** Identifiers as zod schemas, whose output is the branded type. See protocol/ids.ts. */
import { z } from "zod";
import {
  isCodeHash,
  isPairId,
  isSideToken,
  isSlotId,
  isSlotToken,
  parseRelayUrl,
  type RelayUrl,
} from "../ids.ts";

export const SlotIdSchema = hexText(32).refine(isSlotId);
export const SlotTokenSchema = hexText(64).refine(isSlotToken);
export const PairIdSchema = hexText(32).refine(isPairId);
export const SideTokenSchema = hexText(32).refine(isSideToken);
export const CodeHashSchema = hexText(64).refine(isCodeHash);

/** The pattern is for generated documents; the predicate behind it decides and brands. */
function hexText(digits: number): z.ZodString {
  return z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
}

/** Normalised: without trailing slashes. */
export const RelayUrlSchema: z.ZodType<RelayUrl, string> = z.string().transform(
  (text, context) => {
    const url = parseRelayUrl(text);
    if (url !== undefined) return url;
    context.addIssue({ code: "custom", message: "expected an http(s) URL without user or query" });
    return z.NEVER;
  },
);
