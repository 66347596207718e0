/** Links of the documents lead somewhere: to a file of the repository, and to a heading that it has. */
import assert from "node:assert/strict";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { allPages, textOf } from "./documents.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const protocol = (await Array.fromAsync(Deno.readDir(path.join(ROOT, "docs/protocol"))))
  .map(({ name }) => `docs/protocol/${name}`);

for (const page of [...await allPages(), ...protocol]) {
  Deno.test(`lesson 53: every link of ${page} leads somewhere`, async () => {
    const dead: string[] = [];
    for (const target of linksIn(await textOf(page))) {
      const problem = await problemOf(page, target);
      if (problem !== undefined) dead.push(`${target}: ${problem}`);
    }
    assert.deepEqual(dead, []);
  });
}

const SOURCE =
  /^(protocol|platform|ipc|store|relay|client|daemon|mcp|cli|tests|bench|scripts|packaging)\/[\w./-]+$/;

for (const page of await allPages()) {
  Deno.test(`lesson 53: every file of the source that ${page} names is there`, async () => {
    const gone: string[] = [];
    for (const [, name = ""] of (await textOf(page)).matchAll(/`([^`\s]+)`/g)) {
      if (!SOURCE.test(name)) continue;
      const isThere = await Deno.stat(path.join(ROOT, name)).then(() => true, () => false);
      if (!isThere) gone.push(name);
    }
    assert.deepEqual(gone, []);
  });
}

Deno.test("lesson 53: every deno task that a document names is there", async () => {
  const { tasks }: { tasks: unknown } = JSON.parse(await textOf("deno.json"));
  const gone: string[] = [];
  for (const page of await allPages()) {
    for (
      const [, name = ""] of (await textOf(page)).matchAll(/\b(?:deno|deno@[\d.]+) task ([\w:]+)/g)
    ) {
      if (!Object.hasOwn(Object(tasks), name)) gone.push(`${page}: ${name}`);
    }
  }
  assert.deepEqual(gone, []);
});

/** Outside of blocks and backticks, and not to another site. */
function linksIn(text: string): readonly string[] {
  const prose = text.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

async function problemOf(page: string, target: string): Promise<string | undefined> {
  const [name = "", anchor] = target.split("#");
  const file = name === "" ? page : path.join(path.dirname(page), name);
  const text = await Deno.readTextFile(path.join(ROOT, file)).catch(() => undefined);
  if (anchor !== undefined) {
    return text !== undefined && anchorsOf(text).has(anchor) ? undefined : "no such heading";
  }
  const isThere = await Deno.stat(path.join(ROOT, file)).then(() => true, () => false);
  return isThere ? undefined : "no such file";
}

/** As the usual viewers of Markdown name headings. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-")
    ),
  );
