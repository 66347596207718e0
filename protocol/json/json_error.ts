/** Why a text is not JSON that we take, or a value cannot be printed. */
import { WireError } from "../errors.ts";

export type JsonErrorReason =
  | "syntax"
  | "bad_utf8"
  | "lone_surrogate"
  | "number_range"
  | "too_deep"
  | "too_large"
  | "repeated_member"
  | "unprintable";

/** The one error of the JSON modules; `reason` says which rule was broken. */
export class JsonError extends WireError {
  override readonly name = "JsonError";

  constructor(readonly reason: JsonErrorReason, message: string) {
    super("bad_json", message);
  }
}
