/** The body of a claim, whose card keeps every digit. See docs/protocol/relay.md §5.9. */
import { MAX_BODY_BYTES } from "../protocol/event/limits.ts";
import { MAX_JSON_DEPTH } from "../protocol/json/limits.ts";
import { checkSize, repeatedMember } from "../protocol/json/parse.ts";
import { JsonReader } from "../protocol/json/reader.ts";
import { isJsonObject, type Json, member } from "../protocol/json/value.ts";
import { ClaimRequest } from "../protocol/schemas/relay_api.ts";
import { wrongShape } from "./framework_errors.ts";
import { type BodyReader, type Read, readJson, shaped, withSchema } from "./read.ts";

export interface PostedClaim {
  readonly fields: ClaimRequest;
  /** As posted; a repeated member in it is told after authentication, as that of an event is. */
  readonly card: { readonly value: Json } | "repeated_member";
}

const read: BodyReader<PostedClaim> = readJson((text): Read<PostedClaim> => {
  checkSize(text, MAX_BODY_BYTES);
  const reader = new ClaimReader(text, MAX_JSON_DEPTH);
  const body = reader.document();
  if (reader.repeated !== undefined) throw repeatedMember(reader.repeated);
  const fields = shaped(ClaimRequest, body);
  if (!fields.ok) return fields;
  const value = isJsonObject(body) ? member(body, CARD) : undefined;
  if (value === undefined) return { ok: false, reply: wrongShape(`missing field \`${CARD}\``) };
  const card = reader.isCardRepeating ? "repeated_member" : { value };
  return { ok: true, value: { fields: fields.value, card } };
});

export const claimBody: BodyReader<PostedClaim> = withSchema(ClaimRequest, read);

const CARD = "card";

/** Tells a member that stands twice in the card from one that does around it. */
class ClaimReader extends JsonReader {
  isCardRepeating = false;

  protected override readMember(name: string, depth: number): Json {
    if (depth !== 1 || name !== CARD) return super.readMember(name, depth);
    const around = this.repeated;
    this.repeated = undefined;
    const card = super.readMember(name, depth);
    this.isCardRepeating ||= this.repeated !== undefined;
    this.repeated = around;
    return card;
  }
}
