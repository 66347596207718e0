/**
 * The key exchange of one pairing in the forms in which it is stored and sent: base64 texts in,
 * digits and a sealing key out. See docs/protocol/pairing.md §5, §6 and §8.
 */
import { fromBase64Strict, toBase64 } from "../identity/encoding.ts";
import type { CodeHash, CodePhrase } from "../ids.ts";
import { bootstrapKey, MAX_SEALED_BYTES, open, type Opened } from "./bootstrap.ts";
import { sasDigits } from "./sas.ts";
import { SEED_BYTES, type Spake2, startSpake2 } from "./spake2.ts";

export interface ExchangeInput {
  readonly code: CodePhrase;
  readonly codeHash: CodeHash;
  /** 32 bytes, base64. */
  readonly seed: string;
}

export type Met =
  | {
    readonly ok: true;
    /** Six digits. */
    readonly sas: string;
    /** Opens and seals bootstraps; 32 bytes. */
    readonly key: Uint8Array;
  }
  | { readonly ok: false; readonly text: string };

/** Whether a stored text is a seed. */
export const isSeed = (text: string | null | undefined): text is string =>
  typeof text === "string" && fromBase64Strict(text)?.length === SEED_BYTES;

/** What `POST /v1/pair` carries; the same for the same seed. @throws {RangeError} no seed */
export const exchangeMessage = (input: ExchangeInput): string => toBase64(started(input).message);

/** Total, for a seed that is one. @param peerMsg base64, as the relay gave it */
export function meet(input: ExchangeInput, peerMsg: string): Met {
  const message = fromBase64Strict(peerMsg);
  if (message === undefined) return { ok: false, text: "peer's SPAKE2 message is not base64" };
  const finish = started(input).finish(message);
  if (!finish.ok) return { ok: false, text: `SPAKE2 finish failed: ${finish.reason}` };
  return { ok: true, sas: sasDigits(finish.key), key: bootstrapKey(finish.key, input.codeHash) };
}

/** @param sealed base64, as the relay gave it */
export function openSealed(key: Uint8Array, sealed: string): Opened {
  if (sealed.length > MAX_SEALED_BYTES * 2) return { ok: false, text: "bootstrap blob too long" };
  const bytes = fromBase64Strict(sealed);
  if (bytes === undefined) return { ok: false, text: "bootstrap blob is not base64" };
  return open(key, bytes);
}

function started({ code, codeHash, seed }: ExchangeInput): Spake2 {
  return startSpake2({ code, codeHash, seed: fromBase64Strict(seed) ?? new Uint8Array(0) });
}
