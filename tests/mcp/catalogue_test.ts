/**
 * The listing of every tool, compared with tests/golden/mcp_catalogue.json. WIRE_UPDATE_GOLDEN=1 writes
 * it anew; look at the difference before you commit it: hosts and models rely on names and arguments.
 */
import assert from "node:assert/strict";
import { z } from "zod";
import { CATALOGUE, type ListedTool, listedTools } from "../../mcp/catalogue.ts";
import { PROFILES } from "../../mcp/profile.ts";

const GOLDEN = new URL("../golden/mcp_catalogue.json", import.meta.url);

/** As 0.5.19 lists them, with what each needs (docs/protocol/mcp.md §4 and §5). */
const OF_0_5_19: Readonly<Record<string, readonly string[]>> = {
  wire_whoami: [],
  wire_peers: [],
  wire_send: ["peer", "kind", "body"],
  wire_tail: [],
  wire_verify: ["event"],
  wire_init: ["handle"],
  wire_pair_initiate: [],
  wire_pair_join: ["code_phrase"],
  wire_pair_check: ["session_id"],
  wire_pair_confirm: ["session_id", "user_typed_digits"],
  wire_pair_initiate_detached: [],
  wire_pair_join_detached: ["code_phrase"],
  wire_pair_list_pending: [],
  wire_pair_confirm_detached: ["code_phrase", "user_typed_digits"],
  wire_pair_cancel_pending: ["code_phrase"],
  wire_invite_mint: [],
  wire_invite_accept: ["url"],
  wire_add: ["handle"],
  wire_pair_accept: ["peer"],
  wire_pair_reject: ["peer"],
  wire_pair_list_inbound: [],
  wire_claim: ["nick"],
  wire_whois: [],
  wire_profile_set: ["field", "value"],
  wire_profile_get: [],
};

const Golden = z.array(z.looseObject({ name: z.string(), output: z.array(z.string()) }));

/** Names that a result may hold, in any of its forms. */
function membersOf(schema: unknown): string[] {
  const { properties = {}, anyOf = [] } = OutputSchema.parse(schema);
  return [...Object.keys(properties), ...anyOf.flatMap(membersOf)];
}

const OutputSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
});

Deno.test("mcp: the listing of every tool is the golden one, and results only ever grow", async () => {
  const listed = (await listedTools("full")).map(({ outputSchema, ...tool }) => ({
    ...tool,
    output: [...new Set(membersOf(outputSchema))].sort(),
  }));
  if (Deno.env.get("WIRE_UPDATE_GOLDEN") === "1") {
    await Deno.writeTextFile(GOLDEN, JSON.stringify(listed, null, 2) + "\n");
  }
  const golden = Golden.parse(JSON.parse(await Deno.readTextFile(GOLDEN)));
  const withoutOutput = ({ output: _, ...tool }: typeof golden[number]) => tool;
  assert.deepEqual(listed.map(withoutOutput), golden.map(withoutOutput));
  for (const [index, { name, output }] of golden.entries()) {
    const gone = output.filter((member) => !listed[index]?.output.includes(member));
    assert.deepEqual(gone, [], name);
  }
});

Deno.test("mcp lesson 51: the tools of 0.5.19 come first, in its order, and need what they need there", async () => {
  const listed = await listedTools("full");
  const first = listed.slice(0, 25).map(({ name, inputSchema }) => [
    name,
    inputSchema["required"] ?? [],
  ]);
  assert.deepEqual(first, Object.entries(OF_0_5_19));
});

Deno.test("mcp: every tool says what it may do, and a listing is short", async () => {
  const names = new Map(CATALOGUE.map(({ name }, index) => [index, name]));
  for (const [index, tool] of (await listedTools("full")).entries()) {
    assert.equal(tool.name, names.get(index));
    assert.ok(tool.title.length > 0 && tool.title.length <= 40, tool.name);
    assert.ok(tool.description.length <= 400, `${tool.name}: ${tool.description.length}`);
    assert.ok(!(tool.annotations.readOnlyHint && tool.annotations.destructiveHint), tool.name);
    assert.equal(tool.outputSchema["type"], "object");
  }
});

Deno.test("mcp: each profile lists what the smaller one lists, and more", async () => {
  const sizes: number[] = [];
  let smaller: string[] = [];
  for (const profile of PROFILES) {
    const names = (await listedTools(profile)).map(({ name }) => name);
    assert.deepEqual(names.filter((name) => smaller.includes(name)), smaller);
    assert.ok(names.length > smaller.length);
    sizes.push(JSON.stringify(await listedTools(profile)).length);
    smaller = names;
  }
  assert.deepEqual(sizes, sizes.toSorted((a, b) => a - b));
});

/** Four bytes of compact JSON count as one token, as docs/mcp.md says. */
const tokens = (value: unknown): number =>
  Math.round(new TextEncoder().encode(JSON.stringify(value)).length / 4);

const readByModels = ({ name, description, inputSchema }: ListedTool) => ({
  name,
  description,
  inputSchema,
});

Deno.test("mcp lesson 53: the sizes of the listings that docs/mcp.md gives are measured", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/mcp.md", import.meta.url));
  for (const profile of PROFILES) {
    const listed = (await listedTools(profile)).map(readByModels);
    const row = page.split("\n").find((line) => line.startsWith(`| \`${profile}\``)) ?? "";
    const [whole = 0, ...shown] = row.replaceAll(",", "").match(/\d+/g)?.map(Number).reverse() ??
      [];
    assert.deepEqual(shown.reverse(), [listed.length, tokens(listed)], profile);
    // Output schemas are those of the operations, and grow with them.
    const share = tokens(await listedTools(profile)) / whole;
    assert.ok(share > 0.97 && share < 1.03, `${profile}: ${share} of ${whole}`);
  }
  const [, older] = /The 25 tools that 0\.5\.19 has too come to ([\d,]+)/.exec(page) ?? [];
  const read = (await listedTools("full")).slice(0, 25).map(readByModels);
  assert.equal(Number(older?.replace(",", "")), tokens(read));
});
