/**
 * The key and the card of a home. See docs/protocol/identity-and-events.md §3 and §6.
 */
import { unreadable } from "../../platform/file_errors.ts";
import type { Files } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import { capabilitiesOfCard, OWN_CAPABILITIES } from "../../protocol/identity/capabilities.ts";
import { makeCard, verifyCardSignature } from "../../protocol/identity/card.ts";
import { displayHandle, legacyDid, makeDid } from "../../protocol/identity/did.ts";
import {
  fingerprint,
  KEY_BYTES,
  keyId,
  type KeyPair,
  keyPairFromSeed,
  sameKey,
} from "../../protocol/identity/keys.ts";
import { type Did, type Fingerprint, type Handle, isHandle } from "../../protocol/ids.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { type JsonObject, stringMember } from "../../protocol/json/value.ts";
import { isSelf, removeAgent, selfEntry, type TrustStore } from "../../protocol/trust/trust.ts";
import type { Home } from "./home.ts";
import { readJsonObject } from "./json_file.ts";
import { readTrustFile, writeTrustFile } from "./trust_file.ts";

export interface Identity {
  readonly did: Did;
  readonly handle: Handle;
  readonly keys: KeyPair;
  /** The signed card, as on the disk. */
  readonly card: JsonObject;
  readonly fingerprint: Fingerprint;
  /** `<handle>:<fingerprint>`. */
  readonly keyId: string;
  readonly capabilities: readonly string[];
}

export interface NewIdentity {
  readonly handle: Handle;
  /** Shown to people; the handle with its first letter in upper case unless given. */
  readonly name?: string;
}

export async function isInitialized({ platform: { files }, file }: Home): Promise<boolean> {
  const [key, card] = await Promise.all([files.stat(file.privateKey), files.stat(file.card)]);
  return key !== undefined && card !== undefined;
}

export async function readIdentity(home: Home): Promise<Identity> {
  const { platform: { files }, file } = home;
  const [keys, card] = await Promise.all([
    readKeys(files, file.privateKey),
    readJsonObject(files, file.card),
  ]);
  if (keys === undefined && card !== undefined) throw keyIsMissing(home);
  if (keys === undefined || card === undefined) {
    throw new WireError("not_initialized", "not initialized", { hint: "run: wire init <handle>" });
  }
  return identityOf(card, keys, file.card);
}

/** @throws {WireError} unreadable, if it has another length than 32 bytes */
async function readKeys(files: Files, path: string): Promise<KeyPair | undefined> {
  const seed = await files.readBytes(path);
  if (seed === undefined) return undefined;
  if (seed.length === KEY_BYTES) return keyPairFromSeed(seed);
  throw unreadable(path, `private key file has wrong length (${seed.length} != ${KEY_BYTES})`);
}

/** Not a fresh home: making another key in its place would leave the peers with a dead one. */
const keyIsMissing = ({ file }: Home): WireError =>
  new WireError(
    "not_initialized",
    `not initialized — ${file.card} is there without its private.key`,
    {
      hint: `restore ${file.privateKey} from a backup, or remove the card to begin anew`,
    },
  );

/** A card that another key signed, or that names another, would make every message unverifiable. */
function identityOf(card: JsonObject, keys: KeyPair, path: string): Identity {
  const verdict = verifyCardSignature(card);
  if (!verdict.ok) throw unreadable(path, verdict.text);
  if (!sameKey(verdict.publicKey, keys.publicKey)) {
    throw unreadable(path, "the card is signed by another key than private.key");
  }
  const text = stringMember(card, "did") ?? "";
  const handle = displayHandle(text);
  if (!isHandle(handle)) throw unreadable(path, "the card's did holds no usable handle");
  // Homes from before 0.5.7 have the second form, which commits to nothing.
  const did = [makeDid(handle, keys.publicKey), legacyDid(handle)].find((form) => form === text);
  if (did === undefined) throw unreadable(path, "the card's did does not commit to private.key");
  return {
    did,
    handle,
    keys,
    card,
    fingerprint: fingerprint(keys.publicKey),
    keyId: keyId(handle, keys.publicKey),
    capabilities: capabilitiesOfCard(card),
  };
}

export async function makeIdentity(home: Home, { handle, name }: NewIdentity): Promise<Identity> {
  const { platform: { files, random, clock }, file } = home;
  await using _lock = await home.lock(file.trustLock, "wire init");
  if (await isInitialized(home)) {
    throw new WireError(
      "already_initialized",
      `already initialized — ${home.paths.configRoot} holds an identity`,
      { hint: "wire whoami shows it; another identity needs another WIRE_HOME" },
    );
  }
  // A key that an interrupted attempt left is never thrown away; a card is written last of all.
  const left = await readKeys(files, file.privateKey);
  if (left === undefined && await files.stat(file.card) !== undefined) throw keyIsMissing(home);
  const keys = left ?? keyPairFromSeed(random.bytes(KEY_BYTES));
  if (await files.stat(file.privateKey) === undefined) {
    await files.createNew(file.privateKey, keys.seed, { point: "home.private_key" });
  }
  for (const directory of [file.inbox, file.outbox]) await files.ensureDirectory(directory);
  const capabilities = OWN_CAPABILITIES;
  const card = makeCard({ handle, keys, capabilities, ...(name === undefined ? {} : { name }) });
  const self = { handle, did: makeDid(handle, keys.publicKey), publicKey: keys.publicKey };
  const store = withoutSelves(await readTrustFile(home));
  await writeTrustFile(home, selfEntry(self, { at: clock.timestamp(), store }));
  await files.writeAtomic(file.card, prettyJson(card), { point: "home.card" });
  return await readIdentity(home);
}

/** An interrupted attempt under another name leaves its entry; nobody but us would ever be it. */
function withoutSelves(store: TrustStore): TrustStore {
  const selves = [...store.agents.values()].filter(isSelf);
  return selves.reduce((rest, self) => removeAgent(rest, self.handle), store);
}
