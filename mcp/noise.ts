/** What programs say to each other, and nobody wants to read. Pure. */
import { isHandshakeNoise, kindNumber } from "../protocol/event/kinds.ts";
import { type JsonObject, member, stringMember } from "../protocol/json/value.ts";

export const isNoise = (event: JsonObject): boolean =>
  isHandshakeNoise(stringMember(event, "type") ?? "", kindNumber(member(event, "kind")));
