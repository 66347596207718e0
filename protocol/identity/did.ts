/**
 * DIDs and handles: what names an identity, and whether a DID commits to a key.
 * See docs/protocol/identity-and-events.md §4 and §22.
 */
import type { Did } from "../ids.ts";
import { quote } from "../json/quote.ts";
import { fingerprint } from "./keys.ts";

const METHOD = "did:wire:";
const SUFFIX = /^-[0-9a-fA-F]{8}$/;
const SUFFIX_LENGTH = 9;
const NICK = /^[a-z0-9_-]{2,32}$/;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const MAX_DOMAIN = 253;

/** Nicks that anybody may resolve and nobody may claim. */
export const RESERVED_NICKS: ReadonlySet<string> = new Set(
  ("abuse admin agent all anthropic api bar baz bot claude contact copilot cursor daemon demo " +
    "everyone example foo gemini help here hostmaster info kernel me mistral mod moderator none " +
    "noreply null official openai ops owner postmaster robot root security self server service " +
    "slancha staff support sys system team test webmaster wire you").split(" "),
);

/** `did:wire:<handle>-<fingerprint>`. */
export const makeDid = (handle: string, publicKey: Uint8Array): Did =>
  `${METHOD}${handle}-${fingerprint(publicKey)}` as Did;

/** `did:wire:<handle>`, the form before 0.5.7, which 0.5.19 still writes into `to`. */
export const legacyDid = (handle: string): Did => `${METHOD}${handle}` as Did;

/**
 * The handle shown for a DID (or for a bare handle): without `did:wire:` and without a last `-` and
 * eight hex digits. Total; the result may be empty or no handle at all.
 */
export function displayHandle(did: string): string {
  const rest = did.startsWith(METHOD) ? did.slice(METHOD.length) : did;
  return SUFFIX.test(rest.slice(-SUFFIX_LENGTH)) ? rest.slice(0, -SUFFIX_LENGTH) : rest;
}

/** Text before the first `@`. */
export function bareHandle(text: string): string {
  const at = text.indexOf("@");
  return at < 0 ? text : text.slice(0, at);
}

/** True if the DID has a suffix and it is this key's fingerprint. Old DIDs commit to nothing. */
export const didCommitsTo = (did: string, publicKey: Uint8Array): boolean =>
  did.startsWith(METHOD) && did.length > METHOD.length + SUFFIX_LENGTH &&
  did.endsWith(`-${fingerprint(publicKey)}`);

/** A nick that may be claimed in a relay's directory. */
export const isClaimableNick = (nick: string): boolean =>
  NICK.test(nick) && !RESERVED_NICKS.has(nick);

export type NickAtDomain =
  | { readonly ok: true; readonly nick: string; readonly domain: string }
  | { readonly ok: false; readonly message: string };

/** Splits `nick@domain` at the first `@`; the messages are the reference's. */
export function parseNickAtDomain(text: string): NickAtDomain {
  const at = text.indexOf("@");
  if (at < 0) return { ok: false, message: `handle missing '@' separator: ${quote(text)}` };
  const nick = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (nick === "" || domain === "") {
    return { ok: false, message: `handle has empty nick or domain: ${quote(text)}` };
  }
  if (!NICK.test(nick)) {
    return {
      ok: false,
      message: `phyllis: ${quote(nick)} won't fit in the books — ` +
        "handles need 2-32 chars, lowercase [a-z0-9_-]",
    };
  }
  if (domain.length > MAX_DOMAIN || !domain.split(".").every((label) => LABEL.test(label))) {
    return {
      ok: false,
      message: `domain ${quote(domain)} invalid — must be lowercase ASCII, dot-separated`,
    };
  }
  return { ok: true, nick, domain };
}
