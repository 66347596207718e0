/**
 * The file of one pairing of the form pair/2: its state as JSON. A file may have been changed by
 * anybody who can write there, so it is read as strictly as a peer's message, and a state that lacks
 * a member is no state. It holds words, secrets and tokens: mode 0600.
 */
import { z } from "zod";
import { WireError } from "../errors.ts";
import { fromBase64Strict } from "../identity/encoding.ts";
import { isSlotId, isSlotToken, parseRelayUrl } from "../ids.ts";
import { JsonError, parseJson } from "../json/parse.ts";
import { type Json, plain } from "../json/value.ts";
import { SAS_PROOFS } from "../pairing/pending_pair.ts";
import { areCodeWords, isNameplate } from "./code.ts";
import { MAX_REOPENS, type Pair2State } from "./state.ts";

const hexOf = (digits: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const base64Of = (bytes: number): z.ZodType<string> =>
  z.string().refine((text) => fromBase64Strict(text)?.length === bytes);
const base64 = z.string().max(65_536).refine((text) => fromBase64Strict(text) !== undefined);
/** What the relay gave for the peer's: it may be anything, and is judged where it is used. */
const given = z.string().max(65_536);
const time = z.number().nonnegative();
const side = z.enum(["host", "guest"]);
const nameplate = z.string().refine(isNameplate);
const relayUrl = z.string().transform((text, context) => {
  const url = parseRelayUrl(text);
  if (url !== undefined) return url;
  context.addIssue({ code: "custom", message: "expected a relay's address" });
  return z.NEVER;
});

const about = z.object({
  side,
  relayUrl,
  claim: hexOf(32),
  words: z.array(z.string()).refine(areCodeWords),
  nameplate: nameplate.exactOptional(),
  createdAt: time,
  reopened: z.int().min(0).max(MAX_REOPENS),
  tried: z.boolean(),
});
const secrets = z.object({
  seed: base64Of(32),
  r: base64Of(32),
  confirmNonce: base64Of(12),
  cardNonce: base64Of(12),
  doneNonce: base64Of(12),
});
const meeting = z.object({
  nameplate,
  pairId: hexOf(32),
  sideToken: hexOf(32),
  expiresAt: time,
});
const met = { about, secrets, meeting, dueSince: time.exactOptional() };
const committed = { ...met, peerCommit: given };
const exchanged = { ...committed, peerPake: given };
const seen = { sas: z.string().regex(/^[0-9]{6}$/), peerKey: hexOf(64) };
const compared = { ...exchanged, ...seen };
const proof = z.enum(SAS_PROOFS);
const route = {
  relayUrl,
  slotId: z.string().refine(isSlotId),
  grant: z.string().refine(isSlotToken),
};
const remains = z.object({
  side,
  relayUrl,
  createdAt: time,
  nameplate: nameplate.exactOptional(),
});
const closing = z.object({ pairId: hexOf(32), sideToken: hexOf(32) }).exactOptional();
const tagged = <Tag extends Pair2State["tag"]>(tag: Tag) => ({ tag: z.literal(tag) });

const State: z.ZodType<Pair2State> = z.discriminatedUnion("tag", [
  z.object({ ...tagged("claiming"), about, secrets }),
  z.object({ ...tagged("reopening"), about, secrets, meeting }),
  z.object({ ...tagged("committing"), ...met }),
  z.object({ ...tagged("waiting"), ...met }),
  z.object({ ...tagged("showing"), ...committed }),
  z.object({ ...tagged("shown"), ...committed }),
  z.object({
    ...tagged("confirming"),
    ...exchanged,
    peer: z.object({ peerCommit: given, peerPake: given, ...seen }).exactOptional(),
  }),
  z.object({ ...tagged("awaiting"), ...exchanged }),
  z.object({ ...tagged("comparing"), ...compared }),
  z.object({ ...tagged("agreed"), ...compared, proof, sealed: base64.exactOptional() }),
  z.object({ ...tagged("offered"), ...compared, proof }),
  z.object({
    ...tagged("held"),
    ...compared,
    proof,
    peerDid: z.string(),
    peerCard: z.string(),
    mailbox: z.object(route),
    endpoints: z.array(z.object({ ...route, scope: z.string() })),
    heldAt: time,
    reached: z.boolean(),
    told: z.boolean(),
    mailed: z.boolean(),
    peerDone: z.boolean(),
  }),
  z.object({ ...tagged("verified"), remains, peerDid: z.string(), peerKey: hexOf(64), closing }),
  z.object({
    ...tagged("ended"),
    remains,
    error: z.string(),
    tried: z.boolean(),
    closing,
    revoking: z.boolean(),
  }),
]);

/** The text of the file. */
export const printPair2 = (state: Pair2State): string => JSON.stringify(state, null, 2);

/** @throws {WireError} unreadable, naming the place and never a value */
export function parsePair2(text: string): Pair2State {
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new WireError("unreadable", "Cannot read a pair/2 record: it is not JSON", {
      cause: error,
    });
  }
  const result = State.safeParse(plain(value));
  if (result.success) return result.data;
  const place = result.error.issues[0]?.path.map(String).join(".") ?? "";
  throw new WireError(
    "unreadable",
    `Cannot read a pair/2 record: it has no usable ${JSON.stringify(place)}`,
  );
}
