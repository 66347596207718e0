/** A name for each request, so that a client's report finds its lines in the log. */
import type { Random } from "../platform/random.ts";
import type { RelayRequest } from "./exchange.ts";

export const REQUEST_ID_HEADER = "x-request-id";

/** What a proxy may have named it: nothing that a log could trip over, and shorter than a token. */
const FOREIGN_ID = /^[A-Za-z0-9._-]{1,63}$/;
const RUN_BYTES = 6;

export class RequestIds {
  /** Tells the runs of relays apart. */
  readonly #run: string;
  #count = 0;

  constructor(random: Random) {
    this.#run = random.bytes(RUN_BYTES).toHex();
  }

  /** @returns the one that came with it, if it may be repeated, else a new one */
  of(request: Pick<RelayRequest, "header">): string {
    const foreign = request.header(REQUEST_ID_HEADER);
    if (foreign !== undefined && FOREIGN_ID.test(foreign)) return foreign;
    this.#count++;
    return `${this.#run}-${this.#count.toString(36)}`;
  }
}
