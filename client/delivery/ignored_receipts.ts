/** What peers' receipts said that meant nothing: entries that name no message of ours to that very peer. */
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { readReceiptState, type ReceiptStateDependencies } from "../../store/mail/receipt_state.ts";

/** How many, of those peers that sent any. @throws {WireError} unreadable */
export async function ignoredReceipts(
  deps: ReceiptStateDependencies,
  peers: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<Handle, number>();
  for (const peer of peers.filter(isHandle)) {
    const ignored = (await readReceiptState(deps, peer))?.ignored ?? 0;
    if (ignored > 0) found.set(peer, ignored);
  }
  return found;
}
