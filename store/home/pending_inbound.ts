/**
 * Requests of strangers that wait for the operator: one file each in the format of 0.5.19, and
 * beside them what was handled and rejected, so that nothing comes back. They hold bearer tokens.
 * See docs/protocol/pairing.md §15.4 and docs/protocol/cli.md §3.4.
 */
import path from "node:path";
import { z } from "zod";
import { unreadable } from "../../platform/file_errors.ts";
import { WireError } from "../../protocol/errors.ts";
import { displayHandle } from "../../protocol/identity/did.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { compareCodePoints, prettyJson } from "../../protocol/json/print.ts";
import { isJsonObject, type JsonObject, member, plain } from "../../protocol/json/value.ts";
import { Endpoint } from "../../protocol/schemas/relay_state.ts";
import type { Home } from "./home.ts";
import { objectIn } from "./json_file.ts";

export const MAX_PENDING = 100;
const MAX_HANDLED = 2_000;
const MAX_REJECTED = 1_000;
const DAY_MS = 86_400_000;
const SUFFIX = ".json";

/** In the file's order of members. */
export const InboundRequest = z.object({
  peer_handle: z.string().refine(isHandle),
  peer_did: z.string(),
  /** As it was signed, number tokens included: another spelling would not verify. */
  peer_card: z.custom<JsonObject>(isJsonObject, "expected a card"),
  peer_relay_url: z.string(),
  peer_slot_id: z.string(),
  peer_slot_token: z.string(),
  peer_endpoints: z.array(Endpoint).default([]),
  event_id: z.string(),
  event_timestamp: z.string(),
  received_at: z.string(),
});
export type InboundRequest = z.output<typeof InboundRequest>;

/** Ours; 0.5.19 has no such file. */
const Memory = z.looseObject({
  /** Event ids, oldest first. */
  handled: z.array(z.string()).default([]),
  /** By DID: epoch milliseconds of the rejection. A list, since names may be anything. */
  rejected: z.array(z.tuple([z.string(), z.number()])).default([]),
});
type Memory = z.output<typeof Memory>;

/** What cannot be read is the memory of what was handled; the home is well otherwise. */
export class RequestsUnreadable extends WireError {}

/** `known` was handled; `muted` was rejected within a day; `taken`: another DID waits by that name. */
export type Offered = "new" | "updated" | "known" | "muted" | "taken";

export class PendingInbound {
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  /** Oldest first. A broken file, or one of another's name, does not hide the others. */
  async list(onProblem: (problem: WireError) => void = () => {}): Promise<InboundRequest[]> {
    const { files } = this.#home.platform;
    const found: InboundRequest[] = [];
    for (const name of await files.list(this.#home.file.pendingInbound)) {
      const handle = name.slice(0, -SUFFIX.length);
      if (!name.endsWith(SUFFIX) || !isHandle(handle)) continue;
      try {
        const request = await this.read(handle);
        if (request !== undefined) found.push(request);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        onProblem(error);
      }
    }
    return found.sort((a, b) => compareCodePoints(a.received_at, b.received_at));
  }

  /** @throws {WireError} unreadable */
  async read(handle: Handle): Promise<InboundRequest | undefined> {
    const file = this.#path(handle);
    const text = await this.#home.platform.files.readText(file);
    if (text === undefined) return undefined;
    const object = objectIn(text, file);
    const result = InboundRequest.safeParse({
      ...Object(plain(object)),
      peer_card: member(object, "peer_card"),
    });
    if (!result.success) throw unreadable(file, "it holds no request");
    const { peer_handle, peer_did } = result.data;
    if (peer_handle === handle && displayHandle(peer_did) === handle) return result.data;
    throw unreadable(file, "it holds the request of another name");
  }

  async isHandled(eventId: string): Promise<boolean> {
    return (await this.#memory()).handled.includes(eventId);
  }

  /** After everything that the event brings was done and told. */
  async markHandled(eventId: string): Promise<void> {
    await using _lock = await this.#lock();
    await this.#remember(eventId);
  }

  /**
   * Keeps the request unless it was handled or its sender rejected. A second DID of a waiting name
   * does not take its place. Over the cap the oldest goes. What is kept is for the caller to mark as
   * handled once it was told: until then the same event is `new` again.
   * @throws {WireError} locked, unreadable, write_failed
   */
  async offer(request: InboundRequest): Promise<Offered> {
    await using _lock = await this.#lock();
    const memory = await this.#memory();
    if (memory.handled.includes(request.event_id)) return "known";
    const rejectedAt = memory.rejected.find(([did]) => did === request.peer_did)?.[1];
    if (rejectedAt !== undefined && this.#home.platform.clock.now() - rejectedAt < DAY_MS) {
      await this.#remember(request.event_id);
      return "muted";
    }
    const waiting = await this.list();
    const label = request.peer_handle.toLowerCase();
    const same = waiting.find((other) => other.peer_handle.toLowerCase() === label);
    if (same !== undefined && same.peer_did !== request.peer_did) {
      await this.#remember(request.event_id);
      return "taken";
    }
    const tooMany = same === undefined ? waiting.length + 1 - MAX_PENDING : 0;
    for (const { peer_handle } of waiting.slice(0, Math.max(0, tooMany))) {
      await this.#home.platform.files.remove(this.#path(peer_handle), { point: "inbound.evict" });
    }
    const { files } = this.#home.platform;
    const text = printRequest(request);
    await files.writeAtomic(this.#path(request.peer_handle), text, { point: "inbound.request" });
    return same === undefined || same.event_id === request.event_id ? "new" : "updated";
  }

  /** After an accept: the request is gone and its event does not bring it back. */
  async finish(request: InboundRequest): Promise<void> {
    await using _lock = await this.#lock();
    await this.#remember(request.event_id);
    const current = await this.read(request.peer_handle);
    if (current?.peer_did !== request.peer_did) return;
    await this.#home.platform.files.remove(this.#path(request.peer_handle), {
      point: "inbound.accepted",
    });
  }

  /** Sticks. @returns whether there was one @throws {WireError} locked, unreadable, write_failed */
  async reject(handle: Handle): Promise<boolean> {
    await using _lock = await this.#lock();
    const request = await this.read(handle);
    if (request === undefined) return false;
    const { platform: { clock, files } } = this.#home;
    const memory = await this.#memory();
    const others = memory.rejected.filter(([did]) => did !== request.peer_did);
    const rejected: [string, number][] = [...others, [request.peer_did, clock.now()]];
    await this.#remember(request.event_id, { ...memory, rejected: rejected.slice(-MAX_REJECTED) });
    return await files.remove(this.#path(handle), { point: "inbound.rejected" });
  }

  #path(handle: Handle): string {
    return path.join(this.#home.file.pendingInbound, handle + SUFFIX);
  }

  get #memoryPath(): string {
    return path.join(this.#home.paths.stateRoot, "pair-requests.json");
  }

  async #memory(): Promise<Memory> {
    const file = this.#memoryPath;
    const text = await this.#home.platform.files.readText(file);
    const memory = text === undefined ? {} : memoryIn(text, file);
    const result = Memory.safeParse(memory);
    if (result.success) return result.data;
    const { message } = unreadable(file, "expected lists of handled events and rejected DIDs");
    throw new RequestsUnreadable("unreadable", message, {
      hint: `repair it, or move it away (what was rejected may come again): ${file}`,
    });
  }

  async #remember(eventId: string, memory?: Memory): Promise<void> {
    const current = memory ?? await this.#memory();
    const isKnown = current.handled.includes(eventId);
    if (isKnown && memory === undefined) return;
    const handled = isKnown ? current.handled : [...current.handled, eventId].slice(-MAX_HANDLED);
    const text = JSON.stringify({ ...current, handled });
    await this.#home.platform.files.writeAtomic(this.#memoryPath, text, {
      point: "inbound.handled",
    });
  }

  async #lock() {
    await this.#home.ensureRoots();
    await this.#home.platform.files.ensureDirectory(this.#home.file.pendingInbound);
    const lock = path.join(this.#home.paths.stateRoot, "pair-requests.lock");
    return await this.#home.lock(lock, "the requests to pair");
  }
}

/** @returns undefined for text that is no JSON object */
function memoryIn(text: string, file: string): unknown {
  try {
    return plain(objectIn(text, file));
  } catch (error) {
    if (error instanceof WireError && error.code === "unreadable") return undefined;
    throw error;
  }
}

/** Pretty-printed in the file's order of members, with the card verbatim. */
function printRequest(request: InboundRequest): string {
  const members = Object.entries(InboundRequest.parse(request)).map(([name, value]) => {
    const text = name === "peer_card"
      ? prettyJson(request.peer_card)
      : JSON.stringify(value, null, 2);
    return `  ${JSON.stringify(name)}: ${text.replaceAll("\n", "\n  ")}`;
  });
  return `{\n${members.join(",\n")}\n}`;
}
