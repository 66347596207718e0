/** Keys, hashes, DIDs, cards and events of the reference peer, on noble alone. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import {
  at,
  isList,
  isObject,
  object,
  print,
  type Ref,
  ref,
  type RefObject,
  text,
  withMembers,
  without,
} from "./json.ts";

export const utf8 = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
export const hash = (bytes: Uint8Array): Uint8Array => sha256(bytes);
export const hex = (bytes: Uint8Array): string => bytes.toHex();
export const b64 = (bytes: Uint8Array): string => bytes.toBase64();

/** Strict: standard alphabet, padding, no spare bits; undefined otherwise. */
export function unb64(value: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.fromBase64(value, { lastChunkHandling: "strict" });
    return bytes.toBase64() === value ? bytes : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const publicKeyOf = (seed: Uint8Array): Uint8Array => ed25519.getPublicKey(seed);
export const fingerprint = (publicKey: Uint8Array): string => hex(hash(publicKey)).slice(0, 8);

/** §4: the display handle of a DID, or of a bare handle. */
export function handleOf(did: string): string {
  const rest = did.startsWith("did:wire:") ? did.slice("did:wire:".length) : did;
  return rest.replace(/-[0-9a-fA-F]{8}$/, "");
}

export const bare = (peer: string): string => peer.split("@", 1)[0] ?? "";

const cardText = (card: RefObject): string => print(without(card, "signature", "public_key_id"));
const eventText = (event: RefObject): string =>
  print(without(event, "signature", "public_key_id", "event_id"));

/** The card that `init` writes. */
export function makeCard(seed: Uint8Array, handle: string, name?: string): RefObject {
  const publicKey = publicKeyOf(seed);
  const print8 = fingerprint(publicKey);
  const card = object(ref({
    schema_version: "v3.1",
    did: `did:wire:${handle}-${print8}`,
    handle,
    name: name ?? handle.slice(0, 1).toUpperCase() + handle.slice(1),
    capabilities: ["wire/v3.1"],
    verify_keys: {
      [`ed25519:${handle}:${print8}`]: { key: b64(publicKey), alg: "ed25519", active: true },
    },
    policies: { max_message_body_kb: 64 },
  }));
  return signCard(seed, card);
}

export const signCard = (seed: Uint8Array, card: RefObject): RefObject =>
  withMembers(card, { signature: b64(ed25519.sign(utf8(cardText(card)), seed)) });

/** §6. @returns the reason of a refusal, or undefined */
export function cardProblem(card: Ref | undefined): string | undefined {
  const signature = at(card, "signature");
  if (typeof signature !== "string") return "missing field: signature";
  const keys = at(card, "verify_keys");
  if (!isObject(keys)) return "missing field: verify_keys";
  const [first] = [...keys.keys()].sort();
  if (first === undefined) return "verify_keys is empty or malformed";
  const key = at(keys, first, "key");
  if (typeof key !== "string") return "missing field: verify_keys[*].key";
  return signatureProblem(key, signature, utf8(cardText(object(card))));
}

function signatureProblem(key: string, signature: string, message: Uint8Array): string | undefined {
  const [publicKey, bytes] = [unb64(key), unb64(signature)];
  if (publicKey?.length !== 32 || bytes?.length !== 64) return "signature decode failed";
  return ed25519.verify(bytes, message, publicKey) ? undefined : "signature did not verify";
}

export interface Signer {
  readonly seed: Uint8Array;
  readonly did: string;
}

/** §8 */
export function signEvent(unsigned: RefObject, { seed, did }: Signer): RefObject {
  const id = hash(utf8(eventText(unsigned)));
  return withMembers(unsigned, {
    event_id: hex(id),
    public_key_id: `${handleOf(did)}:${fingerprint(publicKeyOf(seed))}`,
    signature: b64(ed25519.sign(id, seed)),
  });
}

export interface EventProblem {
  readonly reason: string;
  readonly transient: boolean;
}

/** §8: the checks in their order; neither tier nor recipient is looked at. */
export function eventProblem(event: Ref, trust: Ref): EventProblem | undefined {
  const terminal = (reason: string): EventProblem => ({ reason, transient: false });
  for (const name of ["from", "public_key_id", "signature", "event_id"]) {
    if (typeof at(event, name) !== "string") return terminal(`missing field: ${name}`);
  }
  const id = hash(utf8(eventText(object(event))));
  if (hex(id) !== text(event, "event_id")) {
    return terminal("event_id mismatch — body was tampered after signing");
  }
  const handle = handleOf(text(event, "from"));
  const agent = at(trust, "agents", handle);
  if (agent === undefined) return { reason: `signer "${handle}" not in trust`, transient: true };
  const keyId = text(event, "public_key_id");
  const keys = at(agent, "public_keys");
  const entry = isList(keys) ? keys.find((key) => text(key, "key_id") === keyId) : undefined;
  if (entry === undefined) {
    return { reason: `key "${keyId}" not found for agent "${handle}"`, transient: true };
  }
  if (at(entry, "active") === false) {
    return terminal(`key "${keyId}" for agent "${handle}" is deactivated`);
  }
  if (typeof at(entry, "key") !== "string") return terminal("missing field: key");
  const problem = signatureProblem(text(entry, "key"), text(event, "signature"), id);
  return problem === undefined ? undefined : terminal(problem);
}
