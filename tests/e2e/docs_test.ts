/** The documents are executed, not believed. */
import assert from "node:assert/strict";
import { wireCommand, wireEnv } from "../../scripts/wire_process.ts";
import { parseLine } from "../../cli/parser.ts";
import { blocks, wireLines } from "./documents.ts";
import { World } from "./world.ts";

const all = await blocks();
/** What a terminal showed (`text`) has been played by tests/walkthrough. */
const written = all.filter(({ info }) => info !== "text");
const shown = written.flatMap(({ page, lines }) =>
  lines.flatMap(wireLines).map((args) => ({ page, args }))
);

Deno.test("lesson 53: the documents show command lines at all", () => {
  assert.ok(shown.length >= 20, `only ${shown.length} found`);
});

for (const { page, args } of shown) {
  Deno.test(`lesson 53: ${page} shows what the program takes: wire ${args.join(" ")}`, async () => {
    const parsed = await parseLine(args, 80);
    if (parsed.tag === "answer") assert.equal(parsed.exitCode, 0, parsed.stderr);
  });
}

/** Blocks marked `sh test`; those of one page are one reader's session. */
const sessions = Map.groupBy(all.filter(({ info }) => info === "sh test"), ({ page }) => page);

Deno.test("lesson 53: some blocks are marked to be run", () => {
  assert.ok(sessions.has("docs/getting-started.md"));
});

for (const [page, marked] of sessions) {
  const lines = marked.flatMap((block) => block.lines);
  Deno.test(`lesson 53: what ${page} shows runs, from "${lines[0]}" on`, async () => {
    await using world = await World.create();
    const relay = await world.relay();
    const bin = `${world.directory}/bin`;
    await Deno.mkdir(bin);
    const [executable, line] = wireCommand([]);
    const quoted = [executable, ...line].map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(`${bin}/wire`, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
    // The documents name relays that nobody runs; here are two.
    const local = await world.relay("127.0.0.1:0", "local");
    const script = lines.join("\n")
      .replaceAll(/https:\/\/relay(?:\.example\.org|1\.example)/g, relay.url)
      .replaceAll("http://127.0.0.1:8771", local.url)
      .replaceAll("--with-local", `--with-local --local-relay ${local.url}`)
      .replaceAll(/(?:npx --yes deno@[\d.]+ task |deno task )wire /g, "wire ");
    const env = wireEnv({ home: `${world.directory}/reader` });
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-eu", "-c", script],
      env: { ...env, PATH: `${bin}:${env["PATH"]}` },
      clearEnv: true,
      cwd: world.directory,
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    assert.equal(code, 0, text.decode(stdout) + text.decode(stderr));
  });
}
