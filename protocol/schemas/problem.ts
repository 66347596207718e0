/** Why a value from a file or a relay does not fit its schema, fit for a message. */
import { visible } from "../text/visible.ts";

/** What of a `z.ZodError` is told. */
export interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

const MAX_PLACE = 100;

/**
 * The first problem, in one line: where, and what was wanted there. Never the value; the names of
 * members are whatever its writer chose, so they are cut and cleaned.
 */
export function schemaProblem({ issues: [issue] }: SchemaError): string {
  const place = visible(issue?.path.map(String).join(".") ?? "", { maxLength: MAX_PLACE });
  return `at ${JSON.stringify(place)}: ${visible(issue?.message ?? "unexpected value")}`;
}
