/** Arguments of `deno task pack`. */
import { parseArgs } from "node:util";
import { PLATFORMS } from "./runtime.ts";

export interface PackOptions {
  readonly kinds: readonly ("npm" | "single")[];
  /** Triples to make single files for. */
  readonly targets: readonly string[];
  readonly output: string;
  readonly compression: number;
}

export const USAGE =
  `usage: deno task pack [--npm] [--single] [--target TRIPLE]... [--output DIR] [--fast]
  --npm            only the npm package
  --single         only the single file
  --target TRIPLE  a single file for another platform, whose Deno comes from npm: ${
    Object.keys(PLATFORMS).join(", ")
  }
  --output DIR     where they go (dist)
  --fast           compress less`;

/** @param here this machine's triple @throws {Error} with what is wrong */
export function parsePackOptions(args: readonly string[], here: string): PackOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      npm: { type: "boolean", default: false },
      single: { type: "boolean", default: false },
      target: { type: "string", multiple: true, default: [] },
      output: { type: "string", default: "dist" },
      fast: { type: "boolean", default: false },
    },
  });
  const targets = values.target.length > 0 ? values.target : [here];
  const isBoth = values.npm === values.single;
  const kinds = (["npm", "single"] as const).filter((kind) => isBoth || values[kind]);
  const unknown = targets.find((target) => !Object.hasOwn(PLATFORMS, target));
  if (unknown !== undefined && kinds.includes("single")) {
    throw new Error(
      `no single file can be made for ${unknown}: one of ${Object.keys(PLATFORMS).join(", ")}`,
    );
  }
  return { kinds, targets, output: values.output, compression: values.fast ? 1 : 9 };
}
