/**
 * Sending, pushing and pulling as 0.5.19 does it: the outbox is posted whole each time, and one event
 * that cannot be verified holds the cursor. See docs/protocol/identity-and-events.md §11–13.
 */
import { readText, type ReferenceHome, timestamp } from "./home.ts";
import { at, isObject, print, type Ref, ref, text, tryParse, withMembers } from "./json.ts";
import { bare, type EventProblem, eventProblem, handleOf, signEvent } from "./keys.ts";
import { consume } from "./strangers.ts";
import { listEvents, postEvent, type Slot } from "./relay_calls.ts";

const KINDS: ReadonlyMap<string, number> = new Map([
  ["decision", 1],
  ["heartbeat", 100],
  ["claim", 1001],
  ["ack", 1002],
  ["agent_card", 1100],
  ["trust_add_key", 1101],
  ["trust_revoke_key", 1102],
  ["wire_open", 1200],
  ["wire_close", 1201],
]);
const KNOWN = new Set([1, 100, 1000, 1001, 1002, 1100, 1101, 1102, 1200, 1201]);

export interface Message {
  readonly peer: string;
  readonly kind?: string;
  readonly body: Ref;
  /** Through its MCP tool, which leaves `schema_version` out. */
  readonly byTool?: boolean;
  readonly deadline?: string;
  /** Before 0.5.7 senders had no suffix. */
  readonly from?: string;
}

/** Queues one event. @returns its id */
export async function send(home: ReferenceHome, message: Message): Promise<string> {
  const { kind = "claim", body, byTool = false, deadline } = message;
  const signer = await home.signer();
  const peer = bare(message.peer);
  const number = /^\+?\d+$/.test(kind) ? Number(kind) : KINDS.get(kind) ?? 1;
  const unsigned = ref({
    schema_version: byTool ? undefined : "v3.1",
    timestamp: timestamp(),
    from: message.from ?? signer.did,
    to: `did:wire:${peer}`,
    type: kind,
    kind: number,
    body,
    time_sensitive_until: deadline,
  });
  if (!isObject(unsigned)) throw new Error("no object");
  const event = signEvent(unsigned, signer);
  await home.ensureDirs();
  const path = `${home.state}/outbox/${peer}.jsonl`;
  await Deno.writeTextFile(path, `${print(event)}\n`, { append: true });
  return text(event, "event_id");
}

export interface Pushed {
  readonly pushed: string[];
  readonly duplicates: string[];
  readonly failed: string[];
}

/** @param by the command knows endpoints; the daemon only the flat members of each peer */
export async function push(home: ReferenceHome, by: "command" | "daemon"): Promise<Pushed> {
  const report: Pushed = { pushed: [], duplicates: [], failed: [] };
  const state = await home.relayState();
  const peers = at(state, "peers");
  for (const peer of isObject(peers) ? [...peers.keys()].sort() : []) {
    const flat = at(peers, peer);
    const slot = {
      relay_url: text(flat, "relay_url"),
      slot_id: text(flat, "slot_id"),
      slot_token: text(flat, "slot_token"),
    };
    const isFlat = Object.values(slot).every((value) => value !== "");
    const slots = by === "command" ? await home.peerEndpoints(peer) : isFlat ? [slot] : [];
    for (const line of await home.outbox(peer)) {
      const event = tryParse(line);
      if (event !== undefined && (slots.length > 0 || by === "command")) {
        await deliver(slots, event, report);
      }
    }
  }
  return report;
}

async function deliver(slots: readonly Slot[], event: Ref, report: Pushed): Promise<void> {
  let reason = "no reachable endpoint pinned for peer";
  for (const slot of slots) {
    try {
      const status = await postEvent(slot, event);
      (status === "duplicate" ? report.duplicates : report.pushed).push(text(event, "event_id"));
      return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  report.failed.push(reason);
}

export interface Pulled {
  readonly written: string[];
  readonly rejected: string[];
  readonly isBlocked: boolean;
  readonly total: number;
}

/** The federation mailbox, with its cursor. */
export async function pull(home: ReferenceHome): Promise<Pulled> {
  await home.ensureDirs();
  const state = await home.relayState();
  const [slot] = home.endpoints(at(state, "self"), "no token");
  if (slot === undefined) throw new Error("self slot not bound");
  const cursor = at(state, "self", "last_pulled_event_id");
  const events = await listEvents(slot, typeof cursor === "string" ? cursor : undefined);
  const batch = await processed(home, events, typeof cursor === "string" ? cursor : undefined);
  if (batch.cursor !== undefined) {
    const now = await home.relayState();
    const self = at(now, "self");
    if (isObject(self)) {
      const moved = withMembers(self, { last_pulled_event_id: batch.cursor });
      await home.writeRelayState(withMembers(now, { self: moved }));
    }
  }
  return { ...batch, total: events.length };
}

interface Batch extends Omit<Pulled, "total"> {
  readonly cursor: string | undefined;
}

/** §13.3. A drop or an ack takes effect before anything is verified (docs/protocol/pairing.md §16). */
async function processed(
  home: ReferenceHome,
  events: readonly Ref[],
  start: string | undefined,
): Promise<Batch> {
  const written: string[] = [];
  const rejected: string[] = [];
  let cursor = start;
  let isBlocked = false;
  for (const event of events) {
    const id = text(event, "event_id");
    await consume(home, event);
    const problem = problemOf(event, await home.trust()) ?? await storeOnce(home, event);
    if (problem === undefined) written.push(id);
    else rejected.push(problem.reason);
    isBlocked ||= problem?.transient === true;
    if (!isBlocked) cursor = id;
  }
  return { written, rejected, isBlocked, cursor };
}

function problemOf(event: Ref, trust: Ref): EventProblem | undefined {
  const declared = at(event, "schema_version");
  if (typeof declared === "string" && declared.split(".", 1)[0] !== "v3") {
    return { reason: `schema_mismatch=${declared} binary_supports=v3.1`, transient: true };
  }
  const kind = kindNumber(at(event, "kind"));
  if (!KNOWN.has(kind)) {
    return { reason: `unknown_kind=${kind} binary_version=0.5.19`, transient: true };
  }
  return eventProblem(event, trust);
}

async function storeOnce(home: ReferenceHome, event: Ref): Promise<EventProblem | undefined> {
  const path = `${home.state}/inbox/${handleOf(text(event, "from"))}.jsonl`;
  if (await isInInbox(path, text(event, "event_id"))) {
    return { reason: "duplicate event_id already in inbox", transient: false };
  }
  await Deno.writeTextFile(path, `${print(event)}\n`, { append: true });
  return undefined;
}

const kindNumber = (kind: Ref | undefined): number =>
  typeof kind === "bigint" && kind >= 0n ? Number(BigInt.asUintN(32, kind)) : 0;

/** By the exact text, and some line that parses to it. */
async function isInInbox(path: string, id: string): Promise<boolean> {
  const content = await readText(path) ?? "";
  if (id === "" || !content.includes(`"event_id":"${id}"`)) return false;
  return content.split("\n").some((line) => text(tryParse(line), "event_id") === id);
}
