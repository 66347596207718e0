/**
 * Every promise that is held now, and every lesson that the parts built so far must have learned,
 * is cited by the name of a test. The lists are docs/promises.md itself.
 */
import assert from "node:assert/strict";

const root = new URL("..", import.meta.url);

async function* testFiles(directory: URL): AsyncIterable<URL> {
  for await (const entry of Deno.readDir(directory)) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), directory);
    if (entry.isDirectory) yield* testFiles(url);
    else if (entry.name.endsWith("_test.ts") && entry.name !== "requirements_test.ts") yield url;
  }
}

async function testNames(): Promise<string> {
  const sources: string[] = [];
  for await (const file of testFiles(root)) {
    const text = await Deno.readTextFile(file);
    for (const [, name] of text.matchAll(/(?:Deno\.test|t\.step)\(\s*["'`]([^\n]*)/g)) {
      sources.push(name ?? "");
    }
    for (const [, name] of text.matchAll(/\bname:\s*["'`]([^\n]*)/g)) sources.push(name ?? "");
  }
  return sources.join("\n");
}

const promises = await Deno.readTextFile(new URL("docs/promises.md", root));
const names = await testNames();

Deno.test("every promise that is held now is cited by a test", () => {
  const missing: string[] = [];
  for (const [, id, held] of promises.matchAll(/^\| (P\d+) \|.*\| ([^|]+) \|$/gm)) {
    if (held?.startsWith("later")) continue;
    if (!new RegExp(`\\b${id}\\b[^\\d]`).test(names)) missing.push(id ?? "");
  }
  assert.deepEqual(missing, []);
});

Deno.test("every lesson that is due is cited by a test", () => {
  const list = promises.match(/are required:\n([\d,\s]+)\.$/m)?.[1];
  assert.ok(list, "docs/promises.md lists the required lessons");
  const cited = new Set<number>();
  for (const [, numbers] of names.matchAll(/lessons? ((?:\d+(?:, | and )?)+)/gi)) {
    for (const number of numbers?.match(/\d+/g) ?? []) cited.add(Number(number));
  }
  const missing = list.split(",").map(Number).filter((number) => !cited.has(number));
  assert.deepEqual(missing, []);
});

Deno.test("every row and ruling that is due is cited by a test", () => {
  const rows = promises.match(/^Rows: ([S\d, ]+)\.$/m)?.[1]?.split(", ") ?? [];
  const rulings = promises.match(/^Rulings: ([\d, ]+)\.$/m)?.[1]?.split(", ") ?? [];
  assert.ok(rows.length > 0 && rulings.length > 0, "docs/promises.md lists them");
  const tools = promises.match(/^Tools: ([M\d, ]+)\.$/m)?.[1]?.split(", ") ?? [];
  assert.ok(tools.length > 0, "docs/promises.md lists those of the tools");
  const due = [...rows, ...tools, ...rulings.map((number) => `ruling ${number}`)];
  assert.deepEqual(due.filter((id) => !new RegExp(`\\b${id}\\b(?!\\d)`).test(names)), []);
});

Deno.test("every test that the threat model names is there", async () => {
  const page = await Deno.readTextFile(new URL("docs/threat-model.md", root));
  const named = new Set(
    [...page.matchAll(/`([A-Za-z0-9_/.-]+_test\.ts)`/g)].map(([, path]) => path),
  );
  assert.ok(named.size > 30, "docs/threat-model.md names the test of each row");
  const missing: string[] = [];
  for (const path of named) {
    const isThere = await Deno.stat(new URL(path ?? "", root)).then(
      ({ isFile }) => isFile,
      () => false,
    );
    if (!isThere) missing.push(path ?? "");
  }
  assert.deepEqual(missing, []);
});

Deno.test("every threat of T1 to T14 has its row in the threat model", async () => {
  const page = await Deno.readTextFile(new URL("docs/threat-model.md", root));
  const rows = [...page.matchAll(/^\| (T\d+) +\|/gm)].map(([, id]) => id);
  assert.deepEqual(rows, Array.from({ length: 14 }, (_, index) => `T${index + 1}`));
});
