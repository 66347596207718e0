/**
 * The way between two homes and their relay, which is honest itself. Whoever owns the way loses,
 * doubles, delays, repeats and reorders requests and replies, and puts mail of others between ours.
 */
import assert from "node:assert/strict";
import type { Pair2World } from "../pair2/pair2_world.ts";
import type { Name } from "./side.ts";

/**
 * What becomes of one request: `lost` after the relay has acted, `dropped` before; `delayed` until
 * somebody lets it through; `stale` is answered as an equal request was before; `shuffled` and
 * `hidden` are lists of mail; `closed` is a forged end of a meeting.
 */
export const TRICKS = [
  "pass",
  "lost",
  "dropped",
  "doubled",
  "delayed",
  "stale",
  "shuffled",
  "hidden",
  "closed",
] as const;
export type Trick = typeof TRICKS[number];

interface Kept {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

const KEPT = 64;

export class Network {
  readonly #world: Pair2World;
  readonly #tricks: Record<Name, Trick[]> = { alice: [], bob: [] };
  readonly #replies = new Map<string, Kept[]>();
  readonly #sent: Request[] = [];
  #delayed: Request[] = [];
  /** Events that are shown in somebody's mailbox, whatever the relay has there. */
  readonly mail: Record<Name, string[]> = { alice: [], bob: [] };
  #isFair = false;

  constructor(world: Pair2World) {
    this.#world = world;
    world.between = (request, name) => this.#between(request, name);
  }

  play(name: Name, tricks: readonly Trick[]): void {
    this.#tricks[name].push(...tricks);
  }

  /** What was held back arrives, newest first: nobody hears the answers. */
  async release(): Promise<void> {
    const late = this.#delayed.reverse();
    this.#delayed = [];
    for (const request of late) await this.#deliver(request);
  }

  /** A request of before, once more. */
  async repeat(at: number): Promise<void> {
    const request = this.#sent[at % Math.max(1, this.#sent.length)];
    if (request !== undefined) await this.#deliver(request.clone());
  }

  /** From now on everything arrives, once, and nothing else does. */
  becomeFair(): void {
    this.#isFair = true;
    this.#delayed = [];
  }

  async #deliver(request: Request): Promise<Response> {
    return await this.#world.relayWorld.relay.fetch(request, { remoteAddress: "192.0.2.9" });
  }

  async #between(request: Request, agent: string): Promise<Response> {
    assert.ok(agent === "alice" || agent === "bob");
    if (this.#isFair) return await this.#deliver(request);
    const trick = this.#tricks[agent].shift() ?? "pass";
    if (this.#sent.length < KEPT) this.#sent.push(request.clone());
    const key = `${agent} ${request.method} ${request.url}`;
    if (trick === "dropped") return unreachable();
    if (trick === "delayed") {
      this.#delayed.push(request.clone());
      return unreachable();
    }
    const [stale] = trick === "stale" ? this.#replies.get(key) ?? [] : [];
    if (stale !== undefined) return reply(stale);
    if (trick === "doubled") await this.#deliver(request.clone());
    const answer = await this.#deliver(request);
    const kept = { status: answer.status, text: await answer.text(), headers: answer.headers };
    this.#replies.set(key, [...(this.#replies.get(key) ?? []), kept]);
    if (trick === "lost") return unreachable();
    return reply(this.#tampered(kept, { request, trick, agent }));
  }

  #tampered(
    kept: Kept,
    { request, trick, agent }: { request: Request; trick: Trick; agent: Name },
  ): Kept {
    const { pathname } = new URL(request.url);
    if (kept.status !== 200 || request.method !== "GET") return kept;
    if (/^\/v1\/events\/[0-9a-f]{32}$/.test(pathname)) {
      const true_ = listOf(kept.text);
      const shown = trick === "hidden" ? [] : [...this.mail[agent], ...true_];
      if (trick === "shuffled") shown.push(...shown.toReversed());
      return { ...kept, text: `[${shown.join()}]` };
    }
    if (trick === "closed" && pathname.startsWith("/v1/pair2/")) {
      return { ...kept, text: kept.text.replace('"closed":null', '"closed":"abandoned"') };
    }
    return kept;
  }
}

/** Each event as it stands there: numbers would change in a round trip. */
function listOf(text: string): string[] {
  const body = text.trim().replace(/^\[/, "").replace(/\]$/, "");
  return body === "" ? [] : [body];
}

const reply = ({ status, text, headers }: Kept): Response =>
  new Response(status === 204 ? null : text, { status, headers });

/** As a proxy says it when the other end is away. */
const unreachable = (): Response => new Response("bad gateway", { status: 502 });
