/**
 * Rendezvous of two sides of a pairing: bounded, forgotten after five idle minutes. All strings are
 * opaque. See docs/protocol/relay.md §5.8 and docs/protocol/extensions.md §14.13.
 */
import { z } from "zod";
import type { Random } from "../platform/random.ts";
import { sha256Hex } from "../protocol/identity/encoding.ts";
import type { Documents, Kind, Write } from "../store/pairings/documents.ts";

export type Role = "host" | "guest";

export const otherRole = (role: Role): Role => role === "host" ? "guest" : "host";
export const isRole = (text: string): text is Role => text === "host" || text === "guest";

const ByRole = z.object({ host: z.string().optional(), guest: z.string().optional() });

const PairSlot = z.object({
  /** SHA-256 of the code's hash: what it is found by need not be short. */
  code: z.string(),
  message: ByRole,
  bootstrap: ByRole,
  bytes: z.number(),
});
type PairSlot = z.infer<typeof PairSlot>;

/** By pair id. */
export const SLOTS: Kind<PairSlot> = { name: "slot", schema: PairSlot, isCounted: true };
/** Which pair id a code has. */
const CODES: Kind<{ id: string }> = {
  name: "code",
  schema: z.object({ id: z.string() }),
  isCounted: false,
};

export interface PairLimits {
  readonly pairTtlMs: number;
}

export type Opened =
  | { readonly tag: "opened"; readonly id: string; readonly isNew: boolean }
  | { readonly tag: "taken" }
  | { readonly tag: "full" };

export type BootstrapPut = "stored" | "unknown" | "differs" | "full";

/** What one side sees of the other. */
export interface PeerView {
  readonly message?: string;
  readonly bootstrap?: string;
}

export interface PairSlotsDeps {
  readonly documents: Documents;
  readonly random: Random;
}

export class PairSlots {
  readonly #documents: Documents;

  constructor(readonly deps: PairSlotsDeps, readonly limits: PairLimits) {
    this.#documents = deps.documents;
  }

  /** The first caller of either role opens; the same message of the same role again is no news. */
  async open(codeHash: string, role: Role, message: string): Promise<Opened> {
    const code = sha256Hex(codeHash);
    const id = await this.#idOf(code);
    if (id === "full") return { tag: "full" };
    const opened = await this.#documents.update(SLOTS, id, (before): DecidedOn<Opened> => {
      const slot = before ??
        { code, message: {}, bootstrap: {}, bytes: codeHash.length };
      const said = slot.message[role];
      if (said !== undefined && said !== message) {
        return { answer: { tag: "taken" }, write: this.#kept(slot) };
      }
      const after = {
        ...slot,
        message: { ...slot.message, [role]: message },
        bytes: slot.bytes + (said === undefined ? message.length : 0),
      };
      const answer: Opened = { tag: "opened", id, isNew: before === undefined };
      return { answer, write: this.#kept(after) };
    });
    if (opened !== "full") return opened;
    // A code without a pair slot would be outside every ceiling.
    if (!await this.exists(id)) {
      await this.#documents.update(CODES, code, () => ({ answer: true, write: "forget" }));
    }
    return { tag: "full" };
  }

  async exists(id: string): Promise<boolean> {
    return await this.#documents.get(SLOTS, id) !== undefined;
  }

  /** @returns what the other side has left, or undefined for an unknown pair slot */
  async peerOf(id: string, role: Role): Promise<PeerView | undefined> {
    const slot = await this.#touch(id);
    return slot === undefined ? undefined : viewOf(slot, otherRole(role));
  }

  /** As `peerOf`, but whoever only looks keeps nothing alive. */
  async peek(id: string, role: Role): Promise<PeerView | undefined> {
    const slot = await this.#documents.get(SLOTS, id);
    return slot === undefined ? undefined : viewOf(slot, otherRole(role));
  }

  /** Calls back soon after the pair slot may have changed. @returns what ends that */
  watch(id: string, onChange: () => void): () => void {
    return this.#documents.watch(SLOTS, id, onChange);
  }

  async putBootstrap(id: string, role: Role, sealed: string): Promise<BootstrapPut> {
    if (await this.#touch(id) === undefined) return "unknown";
    return await this.#documents.update(SLOTS, id, (slot): DecidedOn<BootstrapPut> => {
      if (slot === undefined) return { answer: "unknown" };
      const before = slot.bootstrap[role];
      if (before === sealed) return { answer: "stored" };
      // A second one would only let a third party spoil the first.
      if (before !== undefined) return { answer: "differs" };
      const bootstrap = { ...slot.bootstrap, [role]: sealed };
      const after = { ...slot, bootstrap, bytes: slot.bytes + sealed.length };
      return { answer: "stored", write: this.#kept(after) };
    });
  }

  async abandon(codeHash: string): Promise<void> {
    const code = sha256Hex(codeHash);
    const known = await this.#documents.get(CODES, code);
    if (known === undefined) return;
    await this.#documents.update(CODES, code, () => ({ answer: true, write: "forget" }));
    await this.#documents.update(SLOTS, known.id, () => ({ answer: true, write: "forget" }));
  }

  /** Forgets what lay idle for longer than the TTL. */
  sweep(): void {
    this.#documents.sweep();
  }

  /** A code whose pair slot has expired gets another one. */
  async #idOf(code: string): Promise<string> {
    const known = await this.#documents.get(CODES, code);
    const isLive = known !== undefined && await this.exists(known.id);
    return await this.#documents.update(CODES, code, (before) => {
      const isStale = !isLive && before?.id === known?.id;
      const id = before === undefined || isStale ? this.deps.random.bytes(16).toHex() : before.id;
      return { answer: id, write: this.#keptCode(id) };
    });
  }

  async #touch(id: string): Promise<PairSlot | undefined> {
    const slot = await this.#documents.update(
      SLOTS,
      id,
      (slot): DecidedOn<PairSlot | undefined> =>
        slot === undefined ? { answer: slot } : { answer: slot, write: this.#kept(slot) },
    );
    if (slot === undefined || slot === "full") return undefined;
    await this.#documents.update(
      CODES,
      slot.code,
      (before) =>
        before?.id === id ? { answer: true, write: this.#keptCode(id) } : { answer: false },
    );
    return slot;
  }

  #kept = (value: PairSlot): Write<PairSlot> => ({
    value,
    lifeMs: this.limits.pairTtlMs,
    bytes: value.bytes,
  });

  #keptCode = (id: string): Write<{ id: string }> => ({
    value: { id },
    lifeMs: this.limits.pairTtlMs,
    bytes: 0,
  });
}

interface DecidedOn<A> {
  readonly answer: A;
  readonly write?: Write<PairSlot>;
}

function viewOf(slot: PairSlot, peer: Role): PeerView {
  const message = slot.message[peer];
  const bootstrap = slot.bootstrap[peer];
  return {
    ...(message === undefined ? {} : { message }),
    ...(bootstrap === undefined ? {} : { bootstrap }),
  };
}
