/** What an invite's payload bytes say, before anybody has vouched for it. */
import { decodeUtf8, JsonError, parseJson } from "../json/parse.ts";
import { isJsonObject, type Json, JsonNumber, member } from "../json/value.ts";

export interface InvitePayload {
  readonly v: number;
  readonly did: string;
  readonly card: Json;
  readonly relay_url: string;
  readonly slot_id: string;
  readonly slot_token: string;
  readonly nonce: string;
  /** Unix seconds. */
  readonly exp: number;
}

export type PayloadReading =
  | { readonly ok: true; readonly payload: InvitePayload }
  | { readonly ok: false; readonly problem: string };

/** In the order in which the reference misses them. */
const MEMBERS = [
  "v",
  "did",
  "card",
  "relay_url",
  "slot_id",
  "slot_token",
  "nonce",
  "exp",
] as const;
type Member = typeof MEMBERS[number];

class Unfit extends Error {}

/** Total. All eight members must be there, each of its type; unknown ones are passed over. */
export function readPayload(bytes: Uint8Array): PayloadReading {
  try {
    return { ok: true, payload: payloadIn(objectIn(bytes)) };
  } catch (error) {
    if (error instanceof JsonError) {
      return { ok: false, problem: error.message.replace(/^Cannot (read|take) JSON: /, "") };
    }
    if (error instanceof Unfit) return { ok: false, problem: error.message };
    throw error;
  }
}

/** Programs do not agree on which of two members counts, so there must not be two. */
const objectIn = (bytes: Uint8Array): Json =>
  parseJson(decodeUtf8(bytes), { repeatedMembers: "refuse" });

function payloadIn(value: Json): InvitePayload {
  if (!isJsonObject(value)) throw new Unfit("expected an object");
  const absent = MEMBERS.find((name) => member(value, name) === undefined);
  if (absent !== undefined) throw new Unfit(`missing field \`${absent}\``);
  const text = (name: Member): string => {
    const found = member(value, name);
    if (typeof found === "string") return found;
    throw new Unfit(`expected a string at \`${name}\``);
  };
  const count = (name: Member): number => {
    const found = member(value, name);
    const number = found instanceof JsonNumber && /^[0-9]{1,20}$/.test(found.text)
      ? Number(found.text)
      : undefined;
    if (number !== undefined) return number;
    throw new Unfit(`expected an unsigned integer at \`${name}\``);
  };
  return {
    v: count("v"),
    did: text("did"),
    card: member(value, "card") ?? null,
    relay_url: text("relay_url"),
    slot_id: text("slot_id"),
    slot_token: text("slot_token"),
    nonce: text("nonce"),
    exp: count("exp"),
  };
}
