/** A tool's arguments through its schema, with errors that a model can mend. */
import { core, type z } from "zod";
import { WireError } from "../protocol/errors.ts";

/**
 * An argument that is null counts as absent, and unknown ones are passed over, as in 0.5.19.
 * @throws {WireError} usage: `missing '<name>'` for what is required and absent or of another type,
 * else which argument is wrong and how
 */
export function parseArguments<Input extends z.ZodObject>(
  schema: Input,
  args: Readonly<Record<string, unknown>>,
): z.output<Input> {
  const { shape } = schema;
  const given = Object.fromEntries(
    Object.entries(args).filter(([name, value]) =>
      Object.hasOwn(shape, name) && (value !== null || fits(shape[name], null))
    ),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? "");
  const isRequired = !fits(shape[name], undefined);
  if (!Object.hasOwn(given, name) || isRequired && issue?.code === "invalid_type") {
    throw new WireError("usage", `missing '${name}'`);
  }
  throw new WireError("usage", `${name}: ${issue?.message ?? "does not fit"}`);
}

/** Null is a value of its own where any is, as in `wire_profile_set`. */
const fits = (schema: z.core.$ZodType | undefined, value: unknown): boolean =>
  schema !== undefined && core.safeParse(schema, value).success;
