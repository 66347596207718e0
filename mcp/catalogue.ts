/** Every tool, in the order in which they are listed, on one screen. See docs/protocol/mcp.md §4. */
import { z } from "zod";
import { bareHandle } from "../protocol/identity/did.ts";
import { isListed, type Profile } from "./profile.ts";
import type { Tool } from "./tool.ts";
import { inputSchemaOf, outputSchemaOf } from "./tool_schema.ts";

interface Entry {
  readonly name: string;
  /** The smallest profile that lists it. */
  readonly profile: Profile;
  readonly load: () => Promise<{ readonly tool: Tool }>;
  /** Calls that name the same in this argument are done in the order in which they came. */
  readonly inTurnBy?: string;
}

export const CATALOGUE: readonly Entry[] = [
  entry("wire_whoami", "minimal", () => import("./tools/whoami.ts")),
  entry("wire_peers", "minimal", () => import("./tools/peers.ts")),
  { ...entry("wire_send", "minimal", () => import("./tools/send.ts")), inTurnBy: "peer" },
  entry("wire_tail", "minimal", () => import("./tools/tail.ts")),
  entry("wire_verify", "full", () => import("./tools/verify.ts")),
  entry("wire_init", "standard", () => import("./tools/init.ts")),
  entry("wire_pair_initiate", "standard", () => import("./tools/pair_initiate.ts")),
  entry("wire_pair_join", "standard", () => import("./tools/pair_join.ts")),
  entry("wire_pair_check", "standard", () => import("./tools/pair_check.ts")),
  entry("wire_pair_confirm", "standard", () => import("./tools/pair_confirm.ts")),
  entry("wire_pair_initiate_detached", "full", () => import("./tools/pair_initiate_detached.ts")),
  entry("wire_pair_join_detached", "full", () => import("./tools/pair_join_detached.ts")),
  entry("wire_pair_list_pending", "full", () => import("./tools/pair_list_pending.ts")),
  entry("wire_pair_confirm_detached", "full", () => import("./tools/pair_confirm_detached.ts")),
  entry("wire_pair_cancel_pending", "full", () => import("./tools/pair_cancel_pending.ts")),
  entry("wire_invite_mint", "standard", () => import("./tools/invite_mint.ts")),
  entry("wire_invite_accept", "standard", () => import("./tools/invite_accept.ts")),
  entry("wire_add", "standard", () => import("./tools/add.ts")),
  entry("wire_pair_accept", "standard", () => import("./tools/pair_accept.ts")),
  entry("wire_pair_reject", "standard", () => import("./tools/pair_reject.ts")),
  entry("wire_pair_list_inbound", "standard", () => import("./tools/pair_list_inbound.ts")),
  entry("wire_claim", "full", () => import("./tools/claim.ts")),
  entry("wire_whois", "standard", () => import("./tools/whois.ts")),
  entry("wire_profile_set", "full", () => import("./tools/profile_set.ts")),
  entry("wire_profile_get", "full", () => import("./tools/profile_get.ts")),
  entry("wire_status", "minimal", () => import("./tools/status.ts")),
  entry("wire_search", "standard", () => import("./tools/search.ts")),
  entry("wire_thread", "standard", () => import("./tools/thread.ts")),
  entry("wire_wait", "minimal", () => import("./tools/wait.ts")),
];

function entry(name: string, profile: Profile, load: Entry["load"]): Entry {
  return { name, profile, load };
}

/** The row in which a call waits for those before it; undefined for one that waits for none. */
export function rowOf(name: string, args: Readonly<Record<string, unknown>>): string | undefined {
  const by = CATALOGUE.find((one) => one.name === name)?.inTurnBy;
  const value = by === undefined ? undefined : args[by];
  return typeof value === "string" ? `${name} ${bareHandle(value)}` : undefined;
}

/** What is not in the profile is as unknown as what is nowhere. */
export async function findTool(name: string, profile: Profile): Promise<Tool | undefined> {
  const found = CATALOGUE.find((one) => one.name === name && isListed(one.profile, profile));
  return (await found?.load())?.tool;
}

const JsonSchema = z.looseObject({ type: z.literal("object") });
type JsonSchema = z.output<typeof JsonSchema>;

export interface ListedTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

/** As `tools/list` shows them. */
export async function listedTools(profile: Profile): Promise<readonly ListedTool[]> {
  const listed = CATALOGUE.filter((one) => isListed(one.profile, profile));
  return await Promise.all(listed.map(async ({ load }) => listing((await load()).tool)));
}

function listing(tool: Tool): ListedTool {
  const { name, title, description, effects } = tool;
  return {
    name,
    title,
    description,
    inputSchema: JsonSchema.parse(inputSchemaOf(tool)),
    outputSchema: JsonSchema.parse(outputSchemaOf(tool)),
    annotations: {
      readOnlyHint: effects.readOnly,
      destructiveHint: effects.destructive,
      idempotentHint: effects.idempotent,
      openWorldHint: effects.openWorld,
    },
  };
}
