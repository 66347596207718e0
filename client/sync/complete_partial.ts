/**
 * Makes a whole event of what an agent appended to the outbox: `{"kind":"claim","body":"x"}`.
 * Pure. See docs/protocol/cli.md §9 S9 and docs/protocol/identity-and-events.md §7, 27.
 */
import { streamMembers, type StreamPlace } from "../../protocol/delivery/thread.ts";
import { WireError } from "../../protocol/errors.ts";
import { buildEvent, signEvent, type WireEvent } from "../../protocol/event/event.ts";
import { displayHandle } from "../../protocol/identity/did.ts";
import type { KeyPair } from "../../protocol/identity/keys.ts";
import type { Did, Handle } from "../../protocol/ids.ts";
import { reprinted } from "../../protocol/json/canonical.ts";
import {
  type Json,
  JsonNumber,
  type JsonObject,
  member,
  withMembers,
} from "../../protocol/json/value.ts";
import { knownKind } from "../send_policy.ts";

export interface Signer {
  readonly did: Did;
  readonly handle: Handle;
  readonly keys: KeyPair;
}

export interface PartialContext {
  readonly signer: Signer;
  /** Whose outbox it is. */
  readonly peer: Handle;
  /** Used where the line has no recipient: the pinned DID, else `did:wire:<peer>`. */
  readonly to: string;
  /** Used where the line has none. RFC 3339. */
  readonly timestamp: string;
  /** Its number; left out: it has none of ours. */
  readonly place?: StreamPlace | undefined;
}

export type Completed =
  | { readonly tag: "signed"; readonly event: WireEvent }
  | { readonly tag: "unusable"; readonly problem: string };

/** Never throws: a line that cannot be signed is an answer. */
export function completePartial(partial: JsonObject, context: PartialContext): Completed {
  try {
    return { tag: "signed", event: signEvent(completed(partial, context), context.signer) };
  } catch (error) {
    if (error instanceof WireError) return { tag: "unusable", problem: error.message };
    throw error;
  }
}

function completed(
  partial: JsonObject,
  { signer, peer, to, timestamp, place }: PartialContext,
): JsonObject {
  checkParty(partial, "from", signer.handle);
  checkParty(partial, "to", peer);
  const kind = member(partial, "kind");
  const type = text(partial, "type") ?? kindText(kind);
  const deadline = text(partial, "time_sensitive_until");
  const built = buildEvent({
    from: signer.did,
    to: text(partial, "to") ?? to,
    type,
    kind: knownKind(kind === undefined ? type : kindText(kind)),
    body: member(partial, "body") ?? null,
    timestamp: text(partial, "timestamp") ?? timestamp,
    ...(deadline === undefined ? {} : { deadline }),
  });
  // Members that we do not know are part of what the agent says; computed ones are ours to compute.
  const others = withMembers(reprinted(partial), {
    event_id: undefined,
    public_key_id: undefined,
    signature: undefined,
  });
  const whole = withMembers(others, built);
  return place === undefined
    ? whole
    : withMembers(withMembers(whole, NO_PLACE), streamMembers(place));
}

/** Only we number what we send. */
const NO_PLACE = { stream: undefined, seq: undefined, prev: undefined, voids: undefined };

/** A line that names another sender or recipient was not meant to go this way. */
function checkParty(partial: JsonObject, name: "from" | "to", handle: Handle): void {
  const written = text(partial, name);
  if (written === undefined || displayHandle(written) === handle) return;
  throw new WireError("bad_input", `"${name}" is not ${handle}`);
}

function text(partial: JsonObject, name: string): string | undefined {
  const value = member(partial, name);
  if (value === undefined || typeof value === "string") return value;
  throw new WireError("bad_input", `"${name}" is not a string`);
}

/** As somebody would type it after `wire send`. */
function kindText(kind: Json | undefined): string {
  if (typeof kind === "string") return kind;
  if (kind instanceof JsonNumber && /^\d{1,10}$/.test(kind.text)) return kind.text;
  throw new WireError("bad_input", '"kind" is neither a name nor a whole number');
}
