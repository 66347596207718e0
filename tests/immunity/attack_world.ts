/**
 * A home that is attacked, as whole as its user has it: `wire pull` against a relay of ours, through
 * a relay in the middle that adds, swaps and drops what it likes. A friend's mail tells whether the
 * mailbox still works.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { signEvent } from "../../protocol/event/event.ts";
import { makeCard } from "../../protocol/identity/card.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { type KeyPair, keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { type Did, isHandle } from "../../protocol/ids.ts";
import { parseJson } from "../../protocol/json/parse.ts";
import { printJson } from "../../protocol/json/print.ts";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  withMembers,
} from "../../protocol/json/value.ts";
import { type Machine, Machines, RELAY_URL } from "../pairing/machines.ts";

/** The attacker's mailbox, in the spelling of an honest one. */
export const LAIR = {
  relay_url: "http://lair.test",
  slot_id: "6".repeat(32),
  slot_token: "6".repeat(64),
} as const;

/** Somebody with a key of its own, under any name. */
export interface Stranger {
  readonly did: Did;
  readonly keys: KeyPair;
  readonly card: JsonObject;
}

/** @param seed of the key; the name says nothing about it */
export function stranger(name: string, seed: string = name): Stranger {
  const keys = keyPairFromSeed(Uint8Array.from(createHash("sha256").update(seed).digest()));
  assert.ok(isHandle(name));
  return { did: makeDid(name, keys.publicKey), keys, card: makeCard({ handle: name, keys }) };
}

let seconds = 0;
/** Each event of an attacker is another one: no two have one id. */
const nextTime = (): string =>
  new Date(Date.UTC(2026, 10, 21, 5) + 1_000 * ++seconds).toISOString();

export const dropFrom = (who: Stranger, to: string, body: JsonObject = {}): JsonObject => ({
  schema_version: "v3.1",
  timestamp: nextTime(),
  from: who.did,
  to,
  type: "pair_drop",
  kind: 1100,
  body: { card: who.card, ...LAIR, ...body },
});

export const ackFrom = (from: string, to: string, body: JsonObject = {}): JsonObject => ({
  schema_version: "v3.1",
  timestamp: nextTime(),
  from,
  to,
  type: "pair_drop_ack",
  kind: 1101,
  body: { ...LAIR, endpoints: [{ ...LAIR, scope: "federation" }], ...body },
});

export const signed = (unsigned: JsonObject, who: Stranger): JsonObject =>
  signEvent(unsigned, who).value;

/** Signed first, then changed: what a thief or a relay can make of it. */
export const altered = (unsigned: JsonObject, who: Stranger, members: JsonObject): JsonObject =>
  withMembers(signed(unsigned, who), members);

export interface Struck {
  /** What `wire pull --json` said that it refused; what ida had already is left out. */
  readonly rejected: readonly { readonly event_id: string; readonly reason: string }[];
  /** Handles whose requests wait for the operator. */
  readonly waiting: readonly string[];
  /** Files that are there now and were not before. */
  readonly created: readonly string[];
}

export class AttackWorld implements AsyncDisposable {
  readonly machines: Machines;
  readonly ida: Machine;
  readonly bob: Machine;
  readonly idaDid: string;
  readonly bobDid: string;
  /** Answers in the place of the relay, when it returns something. */
  intercept: (request: Request) => Promise<Response | undefined> = () => Promise.resolve(undefined);
  /** What the relay adds before the next page that it shows to ida. */
  #planted: Json[] = [];
  #mails = 0;

  private constructor(
    machines: Machines,
    { ida, bob, idaDid, bobDid }: Pick<AttackWorld, "ida" | "bob" | "idaDid" | "bobDid">,
  ) {
    this.machines = machines;
    this.ida = ida;
    this.bob = bob;
    this.idaDid = idaDid;
    this.bobDid = bobDid;
    machines.net.serve(RELAY_URL, (request) => this.#answer(request));
  }

  /** ida is the victim; bob is pinned there, and she with him. */
  static async create(): Promise<AttackWorld> {
    const machines = new Machines();
    const [ida, bob] = [await machines.agent("ida"), await machines.agent("bob")];
    await bob.ok(["accept", (await ida.ok(["invite"])).trim()]);
    await ida.ok(["pull"]);
    const did = async (who: Machine) => String((await who.record(["whoami"]))["did"]);
    const [idaDid, bobDid] = [await did(ida), await did(bob)];
    return new AttackWorld(machines, { ida, bob, idaDid, bobDid });
  }

  /**
   * A page with these in it comes to ida, and then mail of her friend. No pin, no route and no file
   * outside of her state has changed, and the mail arrives.
   */
  async strike(...items: readonly Json[]): Promise<Struck> {
    const before = this.#files();
    const kept = await this.standing();
    this.#planted.push(...items);
    const report = await this.ida.record(["pull"]);
    assert.ok(report["cursor_blocked"] === false);
    assert.deepEqual(this.#planted, [], "the page was read");
    const rejected = report["rejected"];
    assert.ok(Array.isArray(rejected));
    const refused = rejected.filter(({ reason }) => !String(reason).startsWith("duplicate"));
    assert.deepEqual(await this.standing(), kept, "pins and routes");
    await this.friendGetsThrough();
    const created = [...this.#files()].filter((file) => !before.has(file));
    for (const file of created) assert.match(file, SAFE_FILE);
    return { rejected: refused, waiting: await this.waiting(), created };
  }

  /** A page with these in it, whatever comes of it. */
  async deliver(...items: readonly Json[]): Promise<void> {
    this.#planted.push(...items);
    await this.ida.ok(["pull"]);
  }

  /** What ida believes of others. */
  async standing(): Promise<readonly unknown[]> {
    const texts = this.ida.platform.files.texts();
    const relay: unknown = JSON.parse(texts["/ida/config/wire/relay.json"] ?? "");
    const { peers } = { ...Object(relay) };
    const card = texts["/ida/config/wire/agent-card.json"];
    return [texts["/ida/config/wire/trust.json"], peers, card, await this.ida.tiers()];
  }

  async friendGetsThrough(): Promise<void> {
    const body = `mail ${++this.#mails}`;
    await this.bob.ok(["send", "ida", body]);
    await this.bob.ok(["push"]);
    await this.ida.ok(["pull"]);
    assert.ok((await this.ida.bodies("bob")).includes(body), body);
  }

  async waiting(): Promise<string[]> {
    const list: unknown = JSON.parse(await this.ida.ok(["pair-list-inbound", "--json"]));
    assert.ok(Array.isArray(list));
    return list.map((item: unknown) => String({ ...Object(item) }["peer_handle"])).sort();
  }

  /** Events that wait in ida's mailbox, as the relay keeps them. */
  async held(): Promise<JsonObject[]> {
    const { slot_id, slot_token } = this.mailbox();
    const { text } = await this.machines.relay.list({ id: slot_id, token: slot_token });
    const items = parseJson(text);
    assert.ok(Array.isArray(items));
    return items.filter(isJsonObject);
  }

  /** Of ida, with its owner's token. */
  mailbox(): { readonly slot_id: string; readonly slot_token: string } {
    const text = this.ida.platform.files.texts()["/ida/config/wire/relay.json"] ?? "";
    return JSON.parse(text).self;
  }

  #files(): Set<string> {
    return new Set(Object.keys(this.ida.platform.files.texts()));
  }

  async #answer(request: Request): Promise<Response> {
    const intercepted = await this.intercept(request);
    if (intercepted !== undefined) return intercepted;
    const response = await this.machines.relay.relay.fetch(request, {
      remoteAddress: "192.0.2.1",
    });
    const { pathname } = new URL(request.url);
    const isPage = request.method === "GET" && pathname === `/v1/events/${this.mailbox().slot_id}`;
    if (!isPage || this.#planted.length === 0) return response;
    const real = parseJson(await response.text());
    assert.ok(Array.isArray(real));
    return new Response(printJson([...this.#planted.splice(0), ...real]), response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machines[Symbol.asyncDispose]();
  }
}

/** Every path that receiving may make; a sender's name is in at most the last part. */
const SAFE_FILE =
  /^\/ida\/(config\/wire|state\/wire(\/[a-z][a-z0-9-]*){0,2})\/(\.)?[A-Za-z0-9_-]{1,70}(\.[a-z]+)*$/;
