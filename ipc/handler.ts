/** Who answers what comes in over a local socket. */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { JsonObject } from "../protocol/json/value.ts";
import type { IpcLimits } from "./limits.ts";

export type Answer =
  | { readonly tag: "reply"; readonly reply: JsonObject }
  /** Ends with the caller's signal at the latest. */
  | { readonly tag: "stream"; readonly items: AsyncIterable<JsonObject> };

export interface Caller {
  /** The caller has gone, has waited long enough, or the server ends. */
  readonly signal: AbortSignal;
}

/** A WireError is told to the caller with its code; anything else is a fault of this program. */
export type Handler = (request: JsonObject, caller: Caller) => Promise<Answer>;

export interface ServerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Every request must carry it; undefined: none needs one. */
  readonly token?: string | undefined;
  readonly limits?: Partial<IpcLimits>;
}
