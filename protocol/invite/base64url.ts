/**
 * The letters of an invite token: URL-safe, unpadded, strict, with the reference's words for what is
 * wrong. See docs/protocol/pairing.md §1.1.
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export type Decoded =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: string };

export const toBase64Url = (bytes: Uint8Array): string =>
  bytes.toBase64({ alphabet: "base64url", omitPadding: true });

/** Takes exactly what {@linkcode toBase64Url} makes. Total. */
export function fromBase64Url(text: string): Decoded {
  const stray = strayIn(text);
  if (stray !== undefined) return { ok: false, problem: `Invalid symbol ${stray}.` };
  if (text.length % 4 === 1) return { ok: false, problem: `Invalid input length: ${text.length}` };
  try {
    const options = { alphabet: "base64url", lastChunkHandling: "loose" } as const;
    const bytes = Uint8Array.fromBase64(text, options);
    // The decoder drops bits that no encoder sets: then two texts would stand for one payload.
    if (toBase64Url(bytes) === text) return { ok: true, bytes };
  } catch {
    // Its way of saying no; what it could say more than below is nothing.
  }
  const last = text.length - 1;
  return {
    ok: false,
    problem: `Invalid last symbol ${text.charCodeAt(last)}, offset ${last}.`,
  };
}

/** The first byte that is no letter, and where it stands in the text's UTF-8. */
function strayIn(text: string): string | undefined {
  let offset = 0;
  for (const letter of text) {
    if (!ALPHABET.includes(letter)) {
      return `${new TextEncoder().encode(letter)[0]}, offset ${offset}`;
    }
    offset += 1; // everything before the first stray letter is one byte long
  }
  return undefined;
}
