/**
 * What the owner of a mailbox asks its relay about grants; only where `health` tells the feature.
 * Errors as those of RelayClient. See docs/protocol/extensions.md §2.
 */
import type { SlotId, SlotToken } from "../../protocol/ids.ts";
import {
  GrantReply,
  GrantRow,
  GrantsReply,
  RetireReply,
} from "../../protocol/schemas/relay_api.ts";
import type { RelayHttp } from "./http.ts";
import { RelayStatusError } from "./status_error.ts";

/** 1,024 live and 4,096 revoked rows, with room to spare. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

export interface AskedLimits {
  readonly max_event_bytes?: number;
  readonly max_events_per_hour?: number;
  readonly max_bytes?: number;
  /** RFC 3339; null takes an expiry away. */
  readonly expires_at?: string | null;
}

export interface AskedGrant extends AskedLimits {
  /** At most 64 characters; the relay's operator reads it. */
  readonly label: string;
}

/** Our mailbox. */
export interface Owned {
  readonly slotId: SlotId;
  /** The owner's: it goes to the relay and to nobody else. */
  readonly slotToken: SlotToken;
  readonly signal?: AbortSignal | undefined;
}

/** What a relay says to the token of a mailbox whose token others may hold. */
const SHARED = /token is shared/;

export class GrantCalls {
  readonly #http: RelayHttp;

  constructor(http: RelayHttp) {
    this.#http = http;
  }

  /** The answer alone has the token. Not to be repeated blindly: each call makes another grant. */
  create(owned: Owned, asked: AskedGrant): Promise<GrantReply> {
    const body = JSON.stringify({ ...asked, can: ["post"] });
    return this.#http.shaped(
      { ...call(owned), operation: "grant_create", method: "POST", body },
      GrantReply,
    );
  }

  /** All of a mailbox, revoked ones too, in order of creation. */
  async list(owned: Owned): Promise<readonly GrantRow[]> {
    const listing = { ...call(owned), operation: "grant_list", method: "GET" } as const;
    return (await this.#http.shaped(listing, GrantsReply, MAX_LIST_BYTES)).grants;
  }

  /** @returns undefined when that mailbox is one that cannot have grants, now and for ever */
  async listIfOwned(owned: Owned): Promise<readonly GrantRow[] | undefined> {
    try {
      return await this.list(owned);
    } catch (error) {
      if (error instanceof RelayStatusError && error.status === 403 && SHARED.test(error.said)) {
        return undefined;
      }
      throw error;
    }
  }

  /** What is left out stays as it is. */
  change(owned: Owned, grantId: string, limits: AskedLimits): Promise<GrantRow> {
    const body = JSON.stringify(limits);
    const { path, ...rest } = call(owned);
    const changing = { ...rest, path: `${path}/${grantId}`, operation: "grant_change" } as const;
    return this.#http.shaped({ ...changing, method: "PATCH", body }, GrantRow);
  }

  /** Once it resolves nothing more is stored under the grant. Again is the same. */
  async revoke(owned: Owned, grantId: string): Promise<void> {
    const { path, ...rest } = call(owned);
    const revoking = { ...rest, path: `${path}/${grantId}`, operation: "grant_revoke" } as const;
    try {
      await this.#http.shaped({ ...revoking, method: "DELETE" }, GrantRow);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** Ends the mailbox and all its grants, for ever. Again is the same. */
  async retire(owned: Owned): Promise<void> {
    const path = `/v1/slot/${owned.slotId}`;
    const retiring = { ...call(owned), path, operation: "slot_retire", method: "DELETE" } as const;
    try {
      await this.#http.shaped(retiring, RetireReply);
    } catch (error) {
      if (!(error instanceof RelayStatusError && error.status === 410)) throw error;
    }
  }
}

/** 410 comes to valid tokens of a retired mailbox only; 404 in these words from a relay alone. */
const isGone = (error: unknown): boolean =>
  error instanceof RelayStatusError &&
  (error.status === 410 || (error.status === 404 && /unknown (grant|slot)/.test(error.said)));

const call = ({ slotId, slotToken, signal }: Owned) => ({
  path: `/v1/slot/${slotId}/grants`,
  token: slotToken,
  signal,
});
