/**
 * Who said it, and is it unchanged? The reference's checks in the reference's order and words
 * (docs/protocol/identity-and-events.md §8), then what it forgets: that `from` is the pinned
 * identity, and that `to` is us.
 */
import { displayHandle, legacyDid, makeDid } from "../identity/did.ts";
import {
  fromBase64Strict,
  isCurvePoint,
  KEY_BYTES,
  SIGNATURE_BYTES,
  verifySignature,
} from "../identity/keys.ts";
import { type Handle, isHandle } from "../ids.ts";
import { quote } from "../json/quote.ts";
import { isJsonArray, isJsonObject, type JsonObject, member, stringMember } from "../json/value.ts";
import { type Agent, agentOf, type TrustStore } from "../trust/trust.ts";
import { SCHEMA_VERSION, VERSION } from "../version.ts";
import { hashesTo, type WireEvent } from "./read.ts";
import { isKnownKind, kindNumber } from "./kinds.ts";

export type RejectionTag =
  | "missing_field"
  | "id_mismatch"
  | "unknown_signer"
  | "unknown_key"
  | "inactive_key"
  | "bad_encoding"
  | "bad_signature"
  | "wrong_from"
  | "wrong_recipient";

export interface Rejection<Tag extends string> {
  readonly ok: false;
  readonly reason: Tag;
  /** The text that `rejected[].reason` and `wire verify` show. */
  readonly text: string;
  /** True if a later change of the trust store may make the event acceptable. */
  readonly transient: boolean;
}

export type Verdict = { readonly ok: true; readonly handle: Handle } | Rejection<RejectionTag>;

export interface Recipient {
  readonly did: string;
  readonly handle: string;
}

/**
 * Total: never throws, whatever the event and the trust store hold.
 * @param recipient whom a present `to` must name: by DID, by `did:wire:<handle>`, or by handle.
 * Left out (for one's own outbox, or `wire verify`) `to` is not looked at
 */
export function verifyEvent(event: WireEvent, trust: TrustStore, recipient?: Recipient): Verdict {
  const { value } = event;
  const from = stringMember(value, "from");
  if (from === undefined) return missing("from");
  const keyName = stringMember(value, "public_key_id");
  if (keyName === undefined) return missing("public_key_id");
  const signatureText = stringMember(value, "signature");
  if (signatureText === undefined) return missing("signature");
  const id = stringMember(value, "event_id");
  if (id === undefined) return missing("event_id");
  if (!hashesTo(event, id)) {
    return terminal("id_mismatch", "event_id mismatch — body was tampered after signing");
  }
  const handle = displayHandle(from);
  const agent = agentOf(trust, handle);
  if (agent === undefined || !isHandle(handle)) {
    return transient("unknown_signer", `signer ${quote(handle)} not in trust`);
  }
  const key = keyEntry(agent, keyName);
  if (key === undefined) {
    return transient(
      "unknown_key",
      `key ${quote(keyName)} not found for agent ${quote(handle)}`,
    );
  }
  if (member(key, "active") === false) {
    return terminal(
      "inactive_key",
      `key ${quote(keyName)} for agent ${quote(handle)} is deactivated`,
    );
  }
  const keyText = stringMember(key, "key");
  if (keyText === undefined) return missing("key");
  const publicKey = fromBase64Strict(keyText);
  const signature = fromBase64Strict(signatureText);
  if (publicKey?.length !== KEY_BYTES || signature?.length !== SIGNATURE_BYTES) return undecodable;
  if (!verifySignature(publicKey, Uint8Array.fromHex(id), signature)) {
    if (!isCurvePoint(publicKey)) return undecodable;
    return terminal("bad_signature", "signature did not verify");
  }
  if (!isFrom(from, agent, publicKey)) {
    return terminal("wrong_from", `from ${quote(from)} is not the pinned ${quote(agent.did)}`);
  }
  const to = member(value, "to");
  if (recipient !== undefined && to !== undefined && !isTo(to, recipient)) {
    const named = typeof to === "string" ? quote(to) : "something that is no text";
    return terminal("wrong_recipient", `event is addressed to ${named}, not to us`);
  }
  return { ok: true, handle };
}

function keyEntry(agent: Agent, keyName: string): JsonObject | undefined {
  const keys = member(agent.value, "public_keys");
  if (!isJsonArray(keys)) return undefined;
  for (const key of keys) {
    if (isJsonObject(key) && stringMember(key, "key_id") === keyName) return key;
  }
  return undefined;
}

/** The pinned DID, the DID that commits to the key, or a form without suffix as old programs send. */
function isFrom(from: string, agent: Agent, publicKey: Uint8Array): boolean {
  const { handle } = agent;
  return from === agent.did || from === handle || from === legacyDid(handle) ||
    (agent.did === "" && from === makeDid(handle, publicKey));
}

const isTo = (to: unknown, { did, handle }: Recipient): boolean =>
  to === did || to === handle || to === legacyDid(handle);

export type Classification =
  | { readonly ok: true; readonly kind: number }
  | (Rejection<"schema_mismatch" | "unknown_kind"> & { readonly schemaVersion?: string });

/**
 * Before any signature: do we understand the event at all? Both refusals are transient, because a
 * newer program would. See docs/protocol/identity-and-events.md §13.3.
 */
export function classify(event: WireEvent): Classification {
  const declared = stringMember(event.value, "schema_version");
  if (declared !== undefined && major(declared) !== major(SCHEMA_VERSION)) {
    return {
      ...transient(
        "schema_mismatch",
        `schema_mismatch=${bounded(declared)} binary_supports=${SCHEMA_VERSION}`,
      ),
      schemaVersion: declared,
    };
  }
  const kind = kindNumber(member(event.value, "kind"));
  if (!isKnownKind(kind)) {
    return transient("unknown_kind", `unknown_kind=${kind} binary_version=${VERSION}`);
  }
  return { ok: true, kind };
}

const major = (version: string): string => version.split(".", 1)[0] ?? "";

/** As {@linkcode quote}, without the quotes around it: the reference prints the bare text. */
const bounded = (text: string): string => quote(text).slice(1, -1);

const terminal = <Tag extends string>(reason: Tag, text: string): Rejection<Tag> => ({
  ok: false,
  reason,
  text,
  transient: false,
});

const transient = <Tag extends string>(reason: Tag, text: string): Rejection<Tag> => ({
  ...terminal(reason, text),
  transient: true,
});

const missing = (name: string): Rejection<"missing_field"> =>
  terminal("missing_field", `missing field: ${name}`);

const undecodable = terminal("bad_encoding", "signature decode failed");
