/** The layer lint catches every kind of wrong arrow and every touch of the world, and only those. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { layerFindings } from "../../scripts/layers.ts";
import { layersPlugin } from "../../scripts/layers_plugin.ts";
import { MAY_IMPORT } from "../../scripts/layer_table.ts";

const root = new URL("../../", import.meta.url);

/** What the lint says about a module of that path and source, in a tree with that import map. */
function messages(path: string, source: string, tree: URL = root): readonly string[] {
  const file = fileURLToPath(new URL(path, tree));
  return Deno.lint.runPlugin(layersPlugin(tree), file, source).map(({ message }) => message);
}

Deno.test("layers: the repository is clean, seen by the program", async () => {
  assert.deepEqual(await layerFindings(fileURLToPath(root)), []);
});

const wrongArrows: Readonly<Record<string, string>> = {
  "import": `import { a } from "../relay/app.ts"; a();`,
  "import for its effect": `import "../relay/app.ts";`,
  "namespace import": `import * as a from "../relay/app.ts"; a.b();`,
  "import type": `import type { A } from "../relay/app.ts"; export type B = A;`,
  "inline type": `import { type A } from "../relay/app.ts"; export type B = A;`,
  "type query": `export type B = import("../relay/app.ts").A;`,
  "export from": `export { a } from "../relay/app.ts";`,
  "export type from": `export type { A } from "../relay/app.ts";`,
  "export all": `export * from "../relay/app.ts";`,
  "export as namespace": `export * as a from "../relay/app.ts";`,
  "dynamic import": `export const a = () => import("../relay/app.ts");`,
  "dynamic import of a template": "export const a = () => import(`../relay/app.ts`);",
  "roundabout path": `import "./../client/../relay/app.ts";`,
  "file URL": `import "${new URL("relay/app.ts", root)}";`,
};

for (const [kind, source] of Object.entries(wrongArrows)) {
  Deno.test(`layers: a wrong arrow is caught: ${kind}`, () => {
    assert.deepEqual(messages("client/a.ts", source), [
      "client imports relay: it may import only protocol, platform, store (docs/style.md)",
    ]);
  });
}

Deno.test("layers: aliases of the import map are seen through", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-alias-" });
  try {
    const imports = { "@wire/server": "./relay/app.ts", "#/": "./", "zod": "npm:zod@4.6.7" };
    await Deno.writeTextFile(`${directory}/deno.json`, JSON.stringify({ imports }));
    const tree = new URL(`file://${directory}/`);
    for (const alias of ["@wire/server", "#/relay/app.ts"]) {
      assert.equal(messages("client/a.ts", `import "${alias}";`, tree).length, 1, alias);
    }
    assert.deepEqual(messages("client/a.ts", `import "zod"; import "#/store/a.ts";`, tree), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("layers: an import that is computed is refused, except in tests", () => {
  const source = "export const load = (name: string) => import(name);";
  assert.match(messages("cli/a.ts", source)[0] ?? "", /computed import/);
  assert.deepEqual(messages("tests/a.ts", source), []);
});

Deno.test("layers: each folder may import what the table says and nothing else", () => {
  const folders = Object.keys(MAY_IMPORT).filter((folder) => folder !== "main.ts");
  for (const [from, allowed] of Object.entries(MAY_IMPORT)) {
    const path = from === "main.ts" ? from : `${from}/a.ts`;
    const prefix = from === "main.ts" ? "./" : "../";
    for (const to of folders) {
      const found = messages(path, `import "${prefix}${to}/b.ts";`);
      const right = to === from || allowed.includes(to);
      assert.equal(found.length, right ? 0 : 1, `${from} → ${to}`);
    }
  }
});

Deno.test("layers: nothing of the program looks at tests, scripts, benchmarks or documents", () => {
  for (const folder of ["tests", "scripts", "bench", "docs"]) {
    assert.equal(messages("cli/a.ts", `import "../${folder}/b.ts";`).length, 1, folder);
    assert.deepEqual(messages("cli/a_test.ts", `import "../${folder}/b.ts";`), []);
  }
  assert.equal(messages("cli/a.ts", `import "./b_test.ts";`).length, 1);
  assert.equal(messages("tests/a.ts", `import "../cli/b_test.ts";`).length, 1);
});

Deno.test("layers: the real world is built by main.ts only, fakes and faults by tests only", () => {
  assert.deepEqual(messages("main.ts", `import "./platform/real.ts";`), []);
  for (
    const path of ["platform/real.ts", "platform/real/net.ts", "platform/fake/clock.ts"]
      .concat("platform/fault_files.ts")
  ) {
    assert.equal(messages("cli/a.ts", `import "../${path}";`).length, 1, path);
    assert.deepEqual(messages("cli/a_test.ts", `import "../${path}";`), [], path);
  }
});

Deno.test("layers: fakes of any folder may use other fakes, and point the same way as their folder", () => {
  assert.deepEqual(messages("client/fake/a.ts", `import "../../platform/fake/clock.ts";`), []);
  assert.deepEqual(messages("client/fake/a.ts", `import "../push.ts";`), []);
  assert.equal(messages("client/fake/a.ts", `import "../../relay/app.ts";`).length, 1);
  assert.equal(messages("client/push.ts", `import "./fake/a.ts";`).length, 1);
  assert.equal(messages("daemon/a.ts", `import "../client/fake/a.ts";`).length, 1);
  assert.equal(messages("platform/paths.ts", `import "./fake/clock.ts";`).length, 1);
});

Deno.test("layers: a folder that the table does not know is refused", () => {
  assert.match(messages("utils/a.ts", `import "../cli/b.ts";`)[0] ?? "", /not in the layer table/);
});

const touches: Readonly<Record<string, string>> = {
  "Date.now": "export const a = Date.now();",
  "Date.now by name": `export const a = Date["now"]();`,
  "Date.now unpacked": "const { now } = Date; export const a = now();",
  "Date.now through globalThis": "export const a = globalThis.Date.now();",
  "new Date()": "export const a = new Date();",
  "Date()": "export const a = Date();",
  "Temporal.Now": "export const a = Temporal.Now.instant();",
  "performance.now": "export const a = performance.now();",
  "Math.random": "export const a = Math.random();",
  "Math.random as a value": "export const a = Math.random;",
  "fetch": `export const a = fetch("https://x.test");`,
  "fetch as a value": "const f = fetch; export const a = f;",
  "fetch handed on": "declare function take(f: unknown): void; take(fetch);",
  "fetch as a default": "export const a = (get = fetch) => get;",
  "fetch in a record": "export const a = { get: fetch };",
  "fetch through globalThis": `export const a = globalThis.fetch("https://x.test");`,
  "WebSocket": `export const a = new WebSocket("wss://x.test");`,
  "crypto.getRandomValues": "export const a = crypto.getRandomValues(new Uint8Array(1));",
  "crypto.randomUUID": "export const a = crypto.randomUUID();",
  "node:crypto randomBytes": `import { randomBytes } from "node:crypto"; randomBytes(1);`,
  "node:crypto as a whole": `import crypto from "node:crypto"; crypto.randomBytes(1);`,
  "node:crypto by another name": `import * as c from "node:crypto"; c.randomUUID();`,
  "Deno.env": `export const a = Deno.env.get("HOME");`,
  "Deno.readTextFile": `export const a = Deno.readTextFile("x");`,
  "Deno.Command": `export const a = new Deno.Command("x");`,
  "Deno.exit": "Deno.exit(1);",
  "Deno unpacked": "const { readFile } = Deno; export const a = readFile;",
  "Deno through globalThis": "export const a = globalThis.Deno;",
  "setTimeout": "setTimeout(() => {}, 1);",
  "setInterval": "setInterval(() => {}, 1);",
  "AbortSignal.timeout": "export const a = AbortSignal.timeout(1);",
  "Worker": `export const a = new Worker("x");`,
  "node:fs": `import { readFileSync } from "node:fs"; readFileSync("x");`,
  "node:fs, dynamically": `export const a = () => import("node:fs");`,
  "node:child_process, re-exported": `export * from "node:child_process";`,
  "node:process": `import process from "node:process"; process.exit();`,
  "node:timers": `import { setTimeout as wait } from "node:timers"; wait(() => {}, 1);`,
  "node:http": `import { get } from "node:http"; get("http://x.test");`,
};

for (const [kind, source] of Object.entries(touches)) {
  Deno.test(`layers: the world is touched in platform/ only: ${kind}`, () => {
    assert.notDeepEqual(messages("client/a.ts", source), []);
    for (const path of ["platform/a.ts", "client/a_test.ts", "tests/a.ts", "bench/a.ts"]) {
      assert.deepEqual(messages(path, source), [], path);
    }
  });
}

Deno.test("layers: what only looks like the world is left alone", () => {
  const harmless = [
    "export const a = (clock: { now(): number }) => clock.now();",
    "export const a = ({ fetch }: { fetch(r: Request): unknown }, r: Request) => fetch(r);",
    "export class Relay { fetch(request: Request) { return request; } }",
    "export const a = (relay: { fetch(r: Request): unknown }, r: Request) => relay.fetch(r);",
    "export const a = (text: string) => new Date(text).getTime() + Date.parse(text);",
    "export const a = Math.max(1, 2);",
    "export const a = (b: Deno.Kv) => b;",
    "export type A = typeof fetch;",
    `import { createHash } from "node:crypto"; export const a = createHash("sha256");`,
    `import type { Server } from "node:http"; export type A = Server;`,
    `import path from "node:path"; export const a = path.join("x");`,
  ];
  for (const source of harmless) assert.deepEqual(messages("client/a.ts", source), [], source);
});

Deno.test("layers: a folder may touch what it is for", () => {
  assert.deepEqual(messages("store/a.ts", "export const a = () => Deno.openKv();"), []);
  assert.equal(messages("client/a.ts", "export const a = () => Deno.openKv();").length, 1);
  const server = `import { createServer } from "node:http"; createServer();`;
  assert.deepEqual(messages("relay/serve.ts", server), []);
  assert.equal(messages("store/a.ts", server).length, 1);
  assert.deepEqual(messages("main.ts", "Deno.exit(Deno.args.length);"), []);
  assert.equal(messages("main.ts", "Deno.readFileSync('x');").length, 1);
});

Deno.test("layers: the program exits 1 and names file, line and both folders", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-wrong-arrow-" });
  try {
    await Deno.mkdir(`${directory}/relay`);
    await Deno.mkdir(`${directory}/client`);
    await Deno.writeTextFile(`${directory}/relay/app.ts`, "export const a = 1;\n");
    await Deno.writeTextFile(
      `${directory}/client/wrong.ts`,
      `// a comment\nimport { a } from "../relay/app.ts";\nexport const b = a;\n`,
    );
    const program = fileURLToPath(new URL("scripts/layers.ts", root));
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", program, directory],
    }).output();
    assert.equal(
      new TextDecoder().decode(stdout),
      "client/wrong.ts:2: client imports relay: it may import only protocol, platform, store " +
        "(docs/style.md)\n",
    );
    assert.equal(code, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
