/** What posting needs of the connections and relays around it. */
import type { EventId, RelayUrl } from "../../protocol/ids.ts";
import type { RelayReceipt } from "../../protocol/receipt.ts";
import type { Published } from "../relay/published.ts";
import type { Route } from "./routes.ts";

export interface PublishOptions {
  /** Only on a relay that announces `receipts`. */
  readonly wantsReceipts?: boolean;
}

/** Connections that take many events at once. */
export interface Publisher {
  /**
   * @param texts stored forms
   * @returns what became of each, in order; undefined for those that are to go as requests, and
   * instead of all where there is no connection
   * @throws {RelayStatusError} for all of them; {WireError} unreachable: nobody knows
   */
  publish(
    route: Route,
    texts: readonly string[],
    options?: PublishOptions,
  ): Promise<readonly (Published | undefined)[] | undefined> | undefined;
  /** Since when there is a connection to that relay, on the monotonic clock; undefined without one. */
  connectedSince?(relayUrl: RelayUrl): number | undefined;
}

/** What is asked of relays that sign receipts: client/delivery/relay_receipts.ts. */
export interface Receipts {
  areGivenBy(relayUrl: RelayUrl, signal: AbortSignal): Promise<boolean>;
  check(route: Route, eventId: EventId, value: unknown): Promise<RelayReceipt>;
}
