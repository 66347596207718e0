/**
 * What is left to do about grants, again and again: acceptors of invites are told, revocations that
 * no relay has confirmed are asked for again, and relays are looked at from time to time.
 * See docs/protocol/extensions.md §2.
 */
import type { Handle } from "../../protocol/ids.ts";
import { readGrants } from "../../store/home/grants.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { ClientContext } from "../context.ts";
import { tellAcceptors } from "./acceptors.ts";
import { lookAtGrants } from "./look.ts";
import { revokeWaiting } from "./revoke.ts";

const LOOK_MS = 60_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 60_000;

export class GrantKeeper {
  readonly #context: ClientContext;
  readonly #identity: Identity;
  readonly #onQueued: (peer: Handle) => unknown;
  /** All on the monotonic clock, ms. */
  #lookAt = -Infinity;
  #retryAt = -Infinity;
  #waitMs = FIRST_WAIT_MS;

  /** @param onQueued told each peer whose outbox has got an ack */
  constructor(
    context: ClientContext,
    identity: Identity,
    onQueued: (peer: Handle) => unknown = () => {},
  ) {
    this.#context = context;
    this.#identity = identity;
    this.#onQueued = onQueued;
  }

  /**
   * A relay that does not answer is asked again later, and later again.
   * @throws {WireError} locked, unreadable, write_failed
   */
  async round(): Promise<void> {
    const { home, platform: { clock } } = this.#context;
    const now = clock.monotonic();
    const { grants, owed } = await readGrants(home);
    if (now < this.#retryAt || (grants.length === 0 && owed.length === 0)) return;
    const isTold = await tellAcceptors(this.#context, this.#identity, this.#onQueued);
    const { waiting, orphaned } = await revokeWaiting(this.#context);
    const isSeen = now < this.#lookAt || await lookAtGrants(this.#context);
    if (now >= this.#lookAt) this.#lookAt = now + LOOK_MS;
    if (isTold && waiting === orphaned && isSeen) {
      this.#waitMs = FIRST_WAIT_MS;
      return;
    }
    this.#retryAt = clock.monotonic() + this.#waitMs;
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }
}
