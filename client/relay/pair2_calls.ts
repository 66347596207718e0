/**
 * The calls of a pairing of the form pair/2. Each may be made again at any time: the same claim and
 * the same bytes get the same answer. See docs/protocol/extensions.md §10.
 */
import type { EpochMs, PairId, SideToken } from "../../protocol/ids.ts";
import type { Look, Phase } from "../../protocol/pair2/event.ts";
import { PHASES } from "../../protocol/pair2/event.ts";
import type { Side } from "../../protocol/pair2/side.ts";
import type { Meeting2 } from "../../protocol/pair2/state.ts";
import { Pair2SeatReply, Pair2View } from "../../protocol/schemas/pair2_api.ts";
import { instantMs } from "../../protocol/text/instant.ts";
import type { RelayHttp } from "./http.ts";
import type { RelayOperation } from "./status_error.ts";

/** Five phases of 64 KiB, and what is around them. */
const MAX_VIEW_BYTES = 512 * 1024;

/** One side of a meeting. */
export interface Seat2 {
  readonly side: Side;
  readonly pairId: PairId;
  readonly sideToken: SideToken;
}

/** A place for this side. */
export interface Claim2 {
  readonly side: Side;
  /** 32 hex digits; the same again is the same place. */
  readonly claim: string;
  /** A guest's, from the code. */
  readonly nameplate?: string | undefined;
}

export class Pair2Calls {
  readonly #http: RelayHttp;

  constructor(http: RelayHttp) {
    this.#http = http;
  }

  /** 404: no such code; 409: two sides are there (RelayStatusError). */
  async claim({ side, claim, nameplate }: Claim2, signal: AbortSignal): Promise<Meeting2> {
    const path = nameplate === undefined ? "/v1/pair2" : `/v1/pair2/${nameplate}`;
    const body = JSON.stringify({ claim });
    const call = { operation: "pair2_claim", method: "POST", path, body, signal } as const;
    return this.#meeting(await this.#http.shaped(call, Pair2SeatReply), side, call.operation);
  }

  /** Host only; the same again is the same new meeting. 409: opened often enough. */
  async reopen({ side, pairId, sideToken }: Seat2, signal: AbortSignal): Promise<Meeting2> {
    const call = {
      operation: "pair2_reopen",
      method: "POST",
      path: `/v1/pair2/${pairId}/reopen`,
      token: sideToken,
      signal,
    } as const;
    return this.#meeting(await this.#http.shaped(call, Pair2SeatReply), side, call.operation);
  }

  /** @param body base64. 409: other bytes are there; 410: closed (RelayStatusError) */
  async put(
    { pairId, sideToken }: Seat2,
    { phase, body, signal }: {
      readonly phase: Phase;
      readonly body: string;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    await this.#http.text({
      operation: "pair2_put",
      method: "PUT",
      path: `/v1/pair2/${pairId}/${phase}`,
      token: sideToken,
      body: JSON.stringify({ body }),
      signal,
    });
  }

  /** What the *other* side has put there. 404: the relay knows nothing of it (any more). */
  async look({ side, pairId, sideToken }: Seat2, signal: AbortSignal): Promise<Look> {
    const call = {
      operation: "pair2_look",
      method: "GET",
      path: `/v1/pair2/${pairId}`,
      token: sideToken,
      signal,
    } as const;
    const view = await this.#http.shaped(call, Pair2View, MAX_VIEW_BYTES);
    if (view.side !== side) throw this.#http.garbage(call.operation, `the side ${view.side}`);
    const peer: Partial<Record<Phase, string>> = {};
    for (const phase of PHASES) {
      const body = view.peer[phase];
      if (body !== undefined) peer[phase] = body;
    }
    const { joined, closed } = view;
    return { joined, closed, peer, expiresAt: this.#time(view.expires_at, call.operation) };
  }

  /** Gives the place up; again is the same. */
  async close(
    { pairId, sideToken }: Pick<Seat2, "pairId" | "sideToken">,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `/v1/pair2/${pairId}`;
    const operation = "pair2_close";
    await this.#http.text({ operation, method: "DELETE", path, token: sideToken, signal });
  }

  #meeting(reply: Pair2SeatReply, side: Side, operation: RelayOperation): Meeting2 {
    const { nameplate, pair_id: pairId, side_token: sideToken } = reply;
    if (reply.side !== side) throw this.#http.garbage(operation, `a place as ${reply.side}`);
    return { nameplate, pairId, sideToken, expiresAt: this.#time(reply.expires_at, operation) };
  }

  #time(text: string, operation: RelayOperation): EpochMs {
    const ms = instantMs(text);
    if (ms === undefined || ms < 0) throw this.#http.garbage(operation, "no usable time");
    return ms;
  }
}
