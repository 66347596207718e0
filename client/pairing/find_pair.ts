/** One pairing of this home by its code, of either form, as listings show it. */
import { parseCodePhrase } from "../../protocol/pairing/code_phrase.ts";
import type { ClientContext } from "../context.ts";
import { pairListing2 } from "../pair2/listing.ts";
import { findRecord2, meansPair2 } from "../pair2/records.ts";
import { type PairListing, pairListing } from "./pair_listing.ts";

export interface FoundPair {
  readonly listing: PairListing;
  /** Of a pair/2 record. */
  readonly id?: string;
}

/** @throws {WireError} usage, unreadable */
export async function findPair(
  context: ClientContext,
  text: string,
): Promise<FoundPair | undefined> {
  if (meansPair2(text)) {
    const found = await findRecord2(context, text);
    if (found === undefined) return undefined;
    const listing = pairListing2(found.state, await context.home.readRelayState());
    return { listing, id: found.id };
  }
  const record = await context.home.pendingPairs.read(parseCodePhrase(text));
  return record && { listing: pairListing(record) };
}
