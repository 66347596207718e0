/**
 * Branded identifiers, so that a slot id is never passed as a pair id, and the checks that make
 * them. Everything that becomes part of a path, a URL or a map key passes through here first.
 * See docs/protocol/identity-and-events.md §2–4 and docs/protocol/relay.md §1.
 */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** `[A-Za-z0-9_-]{1,64}`, never a Windows device name: safe as a map key and as a file name. */
export type Handle = Brand<string, "Handle">;
/** `did:wire:<handle>` or `did:wire:<handle>-<8 hex of the key's fingerprint>`. */
export type Did = Brand<string, "Did">;
/** 64 lower-case hex digits: SHA-256 of the strict canonical form. */
export type EventId = Brand<string, "EventId">;
/** 32 lower-case hex digits. */
export type SlotId = Brand<string, "SlotId">;
/** 64 lower-case hex digits; a secret. */
export type SlotToken = Brand<string, "SlotToken">;
/** 32 lower-case hex digits. */
export type PairId = Brand<string, "PairId">;
/** 32 lower-case hex digits: what one side of a pair/2 meeting shows to its relay; a secret. */
export type SideToken = Brand<string, "SideToken">;
/** 64 lower-case hex digits: hash of a code phrase. */
export type CodeHash = Brand<string, "CodeHash">;
/** `NN-XXXXXX`; a secret until the pairing is over. */
export type CodePhrase = Brand<string, "CodePhrase">;
/** 8 lower-case hex digits: the first four bytes of SHA-256 of a public key. */
export type Fingerprint = Brand<string, "Fingerprint">;
/** `http(s)://host[:port][/path]` without trailing slash, user info, query or fragment. */
export type RelayUrl = Brand<string, "RelayUrl">;

const HANDLE = /^[A-Za-z0-9_-]{1,64}$/;
/** Names that open a device instead of a file on Windows, in any case and with any extension. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

export const isHandle = (text: unknown): text is Handle =>
  typeof text === "string" && HANDLE.test(text) && !WINDOWS_DEVICE.test(text);

export const isEventId = (text: unknown): text is EventId =>
  typeof text === "string" && /^[0-9a-f]{64}$/.test(text);

export const isSlotId = (text: unknown): text is SlotId =>
  typeof text === "string" && /^[0-9a-f]{32}$/.test(text);

export const isSlotToken = (text: unknown): text is SlotToken =>
  typeof text === "string" && /^[0-9a-f]{64}$/.test(text);

export const isPairId = (text: unknown): text is PairId =>
  typeof text === "string" && /^[0-9a-f]{32}$/.test(text);

export const isSideToken = (text: unknown): text is SideToken =>
  typeof text === "string" && /^[0-9a-f]{32}$/.test(text);

export const isCodeHash = (text: unknown): text is CodeHash =>
  typeof text === "string" && /^[0-9a-f]{64}$/.test(text);

/** Whitespace, controls and what would end or redirect a URL early. */
const UNSAFE_IN_URL = /[\s\p{Cc}\\]/u;

/**
 * Normalises a relay's base URL: trims trailing slashes, refuses user info, query and fragment.
 * @returns the URL, or undefined if the text is not an http(s) base URL
 */
export function parseRelayUrl(text: string): RelayUrl | undefined {
  if (text.length > 2048 || UNSAFE_IN_URL.test(text)) return undefined;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (url.username !== "" || url.password !== "" || text.includes("@")) return undefined;
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(text)) return undefined;
  if (url.hostname === "") return undefined;
  return text.replace(/\/+$/, "") as RelayUrl;
}
