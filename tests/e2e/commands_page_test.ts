/** docs/commands.md against the registry; WIRE_UPDATE_GOLDEN=1 writes its tables anew. */
import assert from "node:assert/strict";
import { longFlag } from "../../cli/options.ts";
import { COMMANDS, type Entry } from "../../cli/registry.ts";
import { textOf } from "./documents.ts";

const PAGE = "docs/commands.md";
const TABLE = /(<!-- commands: (\w+) -->\n)(.*?)(<!-- end -->)/gs;

Deno.test("lesson 53: docs/commands.md has every command, under its heading", async () => {
  if (Deno.env.get("WIRE_UPDATE_GOLDEN") === "1") await writeAnew();
  const page = await textOf(PAGE);
  const missing: string[] = [];
  for (const { name, group } of COMMANDS) {
    const [, , , table = ""] = [...page.matchAll(TABLE)].find(([, , of]) => of === group) ?? [];
    if (!new RegExp(`^\\| \`wire ${name}[ \`]`, "m").test(table)) missing.push(`${group}: ${name}`);
  }
  assert.deepEqual(missing, [], "write it anew with WIRE_UPDATE_GOLDEN=1, then deno fmt");
});

async function writeAnew(): Promise<void> {
  const page = await textOf(PAGE);
  const rows = new Map<string, string[]>();
  for (const entry of COMMANDS) {
    rows.set(entry.group, [...rows.get(entry.group) ?? [], await rowOf(entry)]);
  }
  const anew = page.replaceAll(
    TABLE,
    (_, start: string, group: string, _old, end: string) =>
      `${start}\n${tableOf(rows, group)}\n${end}`,
  );
  await Deno.writeTextFile(new URL(`../../${PAGE}`, import.meta.url), anew);
}

const tableOf = (rows: ReadonlyMap<string, readonly string[]>, group: string): string =>
  ["| Command | What it does | Options |", "| --- | --- | --- |", ...rows.get(group) ?? []]
    .map((row) => `${row}\n`).join("");

async function rowOf({ name, summary, load }: Entry): Promise<string> {
  const { command: { usage, options } } = await load();
  const line = ["wire", name, usage].filter((part) => part !== "").join(" ");
  const flags = Object.keys(options).map((option) => `\`${longFlag(option)}\``).join(" ");
  return `| \`${line.replaceAll("|", "\\|")}\` | ${summary} | ${flags} |`;
}
