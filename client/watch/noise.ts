/** Whether a message is what programs say to each other. Pure. See docs/protocol/extensions.md §14 ruling 5. */
import type { WireEvent } from "../../protocol/event/event.ts";
import { isHandshakeNoise, kindNumber } from "../../protocol/event/kinds.ts";
import { member, stringMember } from "../../protocol/json/value.ts";

export const isNoise = ({ value }: WireEvent): boolean =>
  isHandshakeNoise(stringMember(value, "type") ?? "", kindNumber(member(value, "kind")));
