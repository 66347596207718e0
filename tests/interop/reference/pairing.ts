/**
 * Pairing by code phrase as 0.5.19 does it: in the foreground, and driven by the ticks of its daemon
 * with the session in memory. See docs/protocol/pairing.md §8–11.
 */
import { type ReferenceHome, timestamp } from "./home.ts";
import { at, object, parse, print, type Ref, ref, text } from "./json.ts";
import { b64, cardProblem, handleOf, unb64 } from "./keys.ts";
import {
  listPending,
  pendingPath,
  type PendingRecord,
  readPending,
  writePending,
} from "./pending.ts";
import { pairAbandon, pairBootstrap, pairGet, pairOpen, type Slot } from "./relay_calls.ts";
import { codeHash, dashed, makeCode, message, open, sas, seal, sharedKey } from "./spake2.ts";

export type Role = "host" | "guest";

const POLL_MS = 250;

/** One meeting at a relay: the library that commands, daemon and tools share. */
export class Session {
  key: Uint8Array | undefined;
  isSent = false;

  private constructor(
    readonly home: ReferenceHome,
    readonly role: Role,
    readonly relayUrl: string,
    readonly code: string,
    readonly seed: Uint8Array,
    readonly slot: Slot,
    readonly pairId: string,
  ) {}

  /** A mailbox elsewhere is given up for one on exactly this relay. */
  static async open(
    home: ReferenceHome,
    role: Role,
    relayUrl: string,
    code: string,
  ): Promise<Session> {
    const bound = at(await home.relayState(), "self");
    const slot = text(bound, "relay_url") === relayUrl
      ? {
        relay_url: relayUrl,
        slot_id: text(bound, "slot_id"),
        slot_token: text(bound, "slot_token"),
      }
      : await home.bind(relayUrl);
    const seed = crypto.getRandomValues(new Uint8Array(32));
    const msg = b64(message(code, seed));
    const pairId = await pairOpen(relayUrl, { code_hash: codeHash(code), msg, role });
    return new Session(home, role, relayUrl, code, seed, slot, pairId);
  }

  /** No network. */
  static restore(home: ReferenceHome, record: PendingRecord): Session | undefined {
    const { role, relay_url, code, pair_id, our_slot_id, our_slot_token, spake2_seed_b64 } = record;
    if (pair_id === null || our_slot_id === null || our_slot_token === null) return undefined;
    const seed = unb64(spake2_seed_b64 ?? "");
    if (seed?.length !== 32 || (role !== "host" && role !== "guest")) return undefined;
    const slot = { relay_url, slot_id: our_slot_id, slot_token: our_slot_token };
    return new Session(home, role, relay_url, code, seed, slot, pair_id);
  }

  /** @returns the bare digits, or undefined while the other side is not there */
  async trySas(): Promise<string | undefined> {
    if (this.key === undefined) {
      const { peerMsg } = await pairGet(this.relayUrl, this.pairId, this.role);
      if (peerMsg === undefined) return undefined;
      const bytes = unb64(peerMsg);
      if (bytes === undefined) throw new Error("peer message is no base64");
      this.key = sharedKey(this.code, this.seed, bytes);
    }
    return sas(this.key);
  }

  async waitForSas(timeoutMs: number): Promise<string> {
    return await until(timeoutMs, `waiting for peer's SPAKE2 message`, () => this.trySas());
  }

  /** @returns the result line of a foreground command */
  async finalize(timeoutMs: number): Promise<Ref> {
    const { key, home } = this;
    if (key === undefined) throw new Error("session not ready: no aead_key cached");
    if (!this.isSent) {
      const { relay_url, slot_id, slot_token } = this.slot;
      const plaintext = print(ref({ card: await home.card(), relay_url, slot_id, slot_token }));
      const sealed = b64(seal(key, this.code, plaintext));
      await pairBootstrap(this.relayUrl, this.pairId, { role: this.role, sealed });
      this.isSent = true;
    }
    const blob = await until(timeoutMs, "waiting for peer's sealed bootstrap", async () => {
      return (await pairGet(this.relayUrl, this.pairId, this.role)).peerBootstrap;
    });
    const opened = open(key, this.code, unb64(blob) ?? new Uint8Array());
    const peer = parse(new TextDecoder().decode(opened));
    return await this.#pin(peer, sas(key));
  }

  async #pin(peer: Ref, digits: string): Promise<Ref> {
    const card = at(peer, "card");
    if (card === undefined) throw new Error("peer bootstrap missing card");
    const problem = cardProblem(card);
    if (problem !== undefined) throw new Error(`peer card signature invalid: ${problem}`);
    const did = text(card, "did");
    const handle = handleOf(did);
    const slot = {
      relay_url: text(peer, "relay_url"),
      slot_id: text(peer, "slot_id"),
      slot_token: text(peer, "slot_token"),
    };
    await this.home.pin(object(card));
    await this.home.setPeer(handle, slot);
    return ref({
      paired_with: did,
      peer_handle: handle,
      peer_relay_url: slot.relay_url,
      peer_slot_id: slot.slot_id,
      sas: dashed(digits),
    });
  }
}

async function until<T>(
  timeoutMs: number,
  what: string,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await attempt();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`timeout after ${timeoutMs / 1000}s ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** `pair-host` and `pair-join` in the foreground; whoever reads the digits says whether they match. */
export async function pairInForeground(
  home: ReferenceHome,
  { role, relayUrl, code, matches }: {
    readonly role: Role;
    readonly relayUrl: string;
    readonly code: string;
    readonly matches: (digits: string) => Promise<boolean>;
  },
): Promise<Ref> {
  const session = await Session.open(home, role, relayUrl, code);
  const digits = dashed(await session.waitForSas(300_000));
  if (!await matches(digits)) throw new Error("SAS confirmation declined — aborting pairing");
  return await session.finalize(300_000);
}

/** Queues one: no relay contact. @returns the code */
export async function queue(
  home: ReferenceHome,
  role: Role,
  relayUrl: string,
  code = makeCode(),
): Promise<string> {
  await writePending(home, {
    code,
    code_hash: codeHash(code),
    role,
    relay_url: relayUrl,
    status: role === "host" ? "request_host" : "request_guest",
    sas: null,
    peer_did: null,
    created_at: timestamp(),
    last_error: null,
    pair_id: null,
    our_slot_id: null,
    our_slot_token: null,
    spake2_seed_b64: null,
  });
  return code;
}

/** `pair-confirm` with the right digits. */
export async function confirm(home: ReferenceHome, code: string): Promise<void> {
  const record = await readPending(pendingPath(home, code));
  if (record?.status !== "sas_ready") {
    throw new Error(`pair ${code} not in sas_ready state (current: ${record?.status})`);
  }
  await writePending(home, { ...record, status: "confirmed" });
}

/** The sessions of one daemon process. */
export class PairDaemon {
  readonly #home: ReferenceHome;
  readonly #sessions = new Map<string, Session>();
  readonly #finalizeMs: number;

  /** @param finalizeMs 30 s in the reference; it blocks everything else meanwhile */
  constructor(home: ReferenceHome, finalizeMs = 30_000) {
    this.#home = home;
    this.#finalizeMs = finalizeMs;
  }

  /** §11.5, when `daemon.pid` names no live process. */
  async start(): Promise<void> {
    for (const record of await listPending(this.#home)) {
      if (!["polling", "request_host", "request_guest"].includes(record.status)) continue;
      const session = record.status === "polling" ? Session.restore(this.#home, record) : undefined;
      if (session !== undefined) this.#sessions.set(record.code, session);
      else await this.#end(record, "aborted_restart", "daemon restarted mid-handshake");
    }
  }

  /** One step of every file. @returns what changed, as `from → to` */
  async tick(): Promise<string[]> {
    const changes: string[] = [];
    for (const record of await listPending(this.#home)) {
      try {
        const to = await this.#step(record);
        if (to !== undefined) changes.push(`${record.status} → ${to}`);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        await this.#end(record, "aborted", why);
        changes.push(`${record.status} → aborted: ${why}`);
      }
    }
    return changes;
  }

  async #step(record: PendingRecord): Promise<string | undefined> {
    const { code, status } = record;
    if (status === "request_host" || status === "request_guest") {
      const role = status === "request_host" ? "host" : "guest";
      const session = await Session.open(this.#home, role, record.relay_url, code);
      this.#sessions.set(code, session);
      await writePending(this.#home, {
        ...record,
        status: "polling",
        pair_id: session.pairId,
        our_slot_id: session.slot.slot_id,
        our_slot_token: session.slot.slot_token,
        spake2_seed_b64: b64(session.seed),
      });
      return "polling";
    }
    if (status === "polling") {
      const digits = await this.#session(code).trySas();
      if (digits === undefined) return undefined;
      await writePending(this.#home, { ...record, status: "sas_ready", sas: digits });
      return "sas_ready";
    }
    if (status !== "confirmed") return undefined;
    const session = this.#session(code);
    if (record.sas === null) throw new Error("status=confirmed but sas missing");
    if (await session.trySas() !== record.sas) throw new Error("SAS mismatch");
    await session.finalize(this.#finalizeMs);
    this.#sessions.delete(code);
    await Deno.remove(pendingPath(this.#home, code));
    return "gone";
  }

  #session(code: string): Session {
    const session = this.#sessions.get(code);
    if (session === undefined) throw new Error(`no live session for ${code} (daemon restart?)`);
    return session;
  }

  async #end(record: PendingRecord, status: string, why: string): Promise<void> {
    try {
      await pairAbandon(record.relay_url, record.code_hash);
    } catch {
      // Best effort, as in the reference: the relay forgets the slot by itself.
    }
    await writePending(this.#home, { ...record, status, last_error: why });
    this.#sessions.delete(record.code);
  }
}
