/** The addresses of what can be read and subscribed to. Pure. See docs/protocol/mcp.md §6. */
import { type Handle, isHandle } from "../../protocol/ids.ts";

export const INBOX_ALL = "wire://inbox/all";
export const PENDING_PAIRS = "wire://pending-pair/all";
export const INBOX_TEMPLATE = "wire://inbox/{peer}";

const INBOX = "wire://inbox/";

export type Address =
  | { readonly tag: "inbox"; /** Everybody's unless there is one. */ readonly peer?: Handle }
  | { readonly tag: "pending" };

/** Only whole names of the handle alphabet: what becomes a path can leave no directory. */
export function addressOf(uri: string): Address | undefined {
  if (uri === INBOX_ALL) return { tag: "inbox" };
  if (uri === PENDING_PAIRS) return { tag: "pending" };
  if (!uri.startsWith(INBOX)) return undefined;
  const peer = uri.slice(INBOX.length);
  return isHandle(peer) ? { tag: "inbox", peer } : undefined;
}

export const inboxUri = (peer: string): string => `${INBOX}${peer}`;
