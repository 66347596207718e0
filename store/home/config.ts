/**
 * config.toml: what the operator may set. Read, never written, and loaded only when it is there.
 * See docs/protocol/extensions.md §14 ruling 2.
 */
import { z } from "zod";
import { unreadable } from "../../platform/file_errors.ts";
import { parseRelayUrl } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import { schemaProblem } from "../../protocol/schemas/problem.ts";
import type { Home } from "./home.ts";

const relayUrl = z.string().transform((text, check) => {
  const url = parseRelayUrl(text);
  if (url !== undefined) return url;
  check.addIssue({ code: "custom", message: "expected an http(s) address" });
  return z.NEVER;
});

/** The largest event that a relay takes is 256 KiB: docs/protocol/relay.md §6. */
const MAX_BODY_CAP_KB = 256;

export const HomeConfig = z.object({
  relay_url: relayUrl.optional(),
  /** KiB of a message's body as compact JSON. */
  body_cap_kb: z.int().min(1).max(MAX_BODY_CAP_KB).optional(),
  send: z.object({
    require_sealed: z.boolean().optional(),
    /** Seconds in which an equal message counts as the same one. */
    retry_window_s: z.number().min(0).max(86_400).optional(),
  }).optional(),
  receipts: z.object({ read: z.boolean().optional() }).optional(),
  files: z.object({ group: z.string().min(1).optional() }).optional(),
});
export type HomeConfig = z.output<typeof HomeConfig>;

export interface ReadConfig {
  readonly config: HomeConfig;
  /** One line for each key that this version does not know. */
  readonly warnings: readonly string[];
}

/** @throws {WireError} unreadable, if the file is not TOML or a value does not fit */
export async function readConfig(home: Home): Promise<ReadConfig> {
  const path = home.file.config;
  const text = await home.platform.files.readText(path);
  if (text === undefined) return { config: {}, warnings: [] };
  const value = await tomlIn(text, path);
  const result = HomeConfig.safeParse(value);
  if (!result.success) throw unreadable(path, schemaProblem(result.error));
  const warnings = unknownKeys(value, HomeConfig, "").map((key) =>
    `unknown key ${quote(key)} in ${JSON.stringify(path)} is ignored`
  );
  return { config: result.data, warnings };
}

async function tomlIn(text: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [problem = "not TOML"] = error.message.split("\n");
    throw unreadable(path, `line ${error.line}: ${problem}`, error);
  }
}

/** Keys without a place in the schema, as `table.key`. */
function unknownKeys(value: object, schema: z.ZodObject, prefix: string): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const known: unknown = schema.shape[key];
    if (known === undefined) return [prefix + key];
    const inner = known instanceof z.ZodOptional ? known.unwrap() : known;
    const isTable = inner instanceof z.ZodObject && typeof item === "object" && item !== null;
    return isTable ? unknownKeys(item, inner, `${prefix}${key}.`) : [];
  });
}
