/** The documents are executed, not believed. */
import assert from "node:assert/strict";
import { wireCommand, wireEnv } from "../../scripts/wire_process.ts";
import { parseLine } from "../../cli/parser.ts";
import { allPages, type Block, blocks, textOf, wireLines } from "./documents.ts";
import { linesOf, mentionProblem, mentionsIn } from "./mentions.ts";
import { World } from "./world.ts";

const pages = await allPages();
const all = await blocks(pages);
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

/** What is no command line of ours, though it begins so. */
const OUTPUT = new Set(["wire relay-server listening on ADDRESS"]);

for (const page of pages) {
  if (page === "CHANGELOG.md") continue; // it may name what is gone
  const mentions = mentionsIn(page, await textOf(page));
  if (mentions.length === 0) continue;
  Deno.test(`lesson 53: every command and option that ${page} names is there`, async () => {
    const wrong: string[] = [];
    for (const { line, text } of mentions) {
      if (OUTPUT.has(text)) continue;
      for (const words of linesOf(text)) {
        const problem = await mentionProblem(words);
        if (problem !== undefined) wrong.push(`${page}:${line}: \`${text}\`: ${problem}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
}

/**
 * Blocks marked `sh test`; those of one page are one reader's session. With `sh test home` the reader has
 * an identity and a mailbox before.
 */
const isRun = ({ info }: Block) => info === "sh test" || info === "sh test home";
const sessions = Map.groupBy(all.filter(isRun), ({ page }) => page);
const BEFORE = "wire init reader --relay https://relay.example.org";

Deno.test("lesson 53: some blocks are marked to be run", () => {
  for (const page of ["getting-started", "delivery", "going-back", "mail", "sessions", "setup"]) {
    assert.ok(sessions.has(`docs/${page}.md`), page);
  }
});

for (const [page, marked] of sessions) {
  const before = marked.some(({ info }) => info.endsWith(" home")) ? [BEFORE] : [];
  const lines = [...before, ...marked.flatMap((block) => block.lines)];
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

/** What a tool shows beside the members of an event. */
const MARKS = ["_peer", "~peer", "body_cut", "cleaned"];

Deno.test("lesson 53: a message that a document shows as JSON has members that messages have", async () => {
  const golden: unknown = JSON.parse(
    await Deno.readTextFile(new URL("../golden/json_keys.json", import.meta.url)),
  );
  const known = new Set([...Object.keys(Object(golden)["tail"]), ...MARKS]);
  const shownEvents = all.filter(({ info }) => info === "json").flatMap(({ page, lines }) => {
    const value: unknown = JSON.parse(lines.join("\n"));
    return Object.hasOwn(Object(value), "event_id")
      ? [{ page, keys: Object.keys(Object(value)) }]
      : [];
  });
  assert.ok(shownEvents.length > 0);
  for (const { page, keys } of shownEvents) {
    assert.deepEqual(keys.filter((key) => !known.has(key)), [], page);
  }
});
