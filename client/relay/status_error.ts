/** A relay's answer that is not 2xx, in the words of 0.5.19. See docs/protocol/relay.md §10.2. */
import { WireError } from "../../protocol/errors.ts";
import { visible } from "../../protocol/text/visible.ts";
import type { Redirected } from "./redirection.ts";

/** What the call is named in messages that other programs compare. */
export type RelayOperation =
  | "health"
  | "relay_info"
  | "allocate"
  | "post_event"
  | "list_events"
  | "slot_state"
  | "slot_retire"
  | "grant_create"
  | "grant_list"
  | "grant_change"
  | "grant_revoke"
  | "responder_health_set"
  | "event_stream"
  | "pair_open"
  | "pair_get"
  | "pair_bootstrap"
  | "pair_abandon"
  | "pair2_claim"
  | "pair2_reopen"
  | "pair2_put"
  | "pair2_look"
  | "pair2_close"
  | "well_known_agent"
  | "well_known_agent_card_a2a"
  | "handle_claim"
  | "handle_unclaim"
  | "handle_intro";

/** As much of a relay's words as a message repeats. */
const MAX_SHOWN_BODY = 300;

/** The registered names: a relay's own reason phrase is not repeated. */
const REASONS: Readonly<Record<number, string>> = {
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  413: "Payload Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Entity",
  425: "Too Early",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
};

export const statusText = (status: number): string =>
  `${status} ${REASONS[status] ?? "<unknown status code>"}`;

/** What came with the status. */
export interface Answered extends Redirected {
  /** The body, as long as it may be; shown bounded and without controls. */
  readonly said: string;
}

export class RelayStatusError extends WireError {
  override readonly name = "RelayStatusError";
  /** What the relay said, as long as it may be: to be compared, never to be shown. */
  readonly said: string;

  constructor(
    readonly operation: RelayOperation,
    readonly status: number,
    { said, towards }: Answered,
  ) {
    const shown = towards === undefined
      ? visible(said.trim(), { maxLength: MAX_SHOWN_BODY })
      : `not followed to ${towards}`;
    const hint = towards === undefined ? hintFor(status) : { hint: REDIRECTED };
    super("relay_status", `${operation} failed: ${statusText(status)}: ${shown}`, hint);
    this.said = said;
  }
}

const REDIRECTED = "a token goes to no other place than the one that was named: log in if this " +
  "network asks for it; if the relay has moved, name its new address";

function hintFor(status: number): { readonly hint?: string } {
  if (status === 429) {
    return { hint: "the relay limits how often it is asked; try again in a while" };
  }
  if (status >= 500) return { hint: "the relay has a problem of its own; try again later" };
  return {};
}
