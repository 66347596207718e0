/** JSON schemas of a tool, made from what its handler itself uses, and as short as they can be. Pure. */
import { z } from "zod";
import type { Tool } from "./tool.ts";

type Schema = Record<string, unknown>;

export const inputSchemaOf = ({ input }: Tool): Schema => shortened(input, "input");

/** Of the structured result: always an object, and open, because results only ever grow. */
export function outputSchemaOf({ output, listAs }: Tool): Schema {
  const schema = shortened(output, "output");
  if (listAs !== undefined) {
    return { type: "object", properties: { [listAs]: schema }, required: [listAs] };
  }
  return { type: "object", ...schema };
}

function shortened(schema: z.ZodType, io: "input" | "output"): Schema {
  const { $schema: _dialect, ...whole } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      delete jsonSchema.propertyNames;
      // The bounds of safe integers say nothing.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      delete jsonSchema.format;
      delete jsonSchema.pattern;
    },
  });
  return whole;
}
