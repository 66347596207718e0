/** docs/settings.md against what the program reads. */
import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { HomeConfig, readConfig } from "../../store/home/config.ts";
import { openHome } from "../../store/home/home.ts";
import { blocks, textOf } from "./documents.ts";

const PAGE = "docs/settings.md";

Deno.test("lesson 53: the config.toml that docs/settings.md shows is read, and has every key", async () => {
  const [shown] = (await blocks([PAGE])).filter(({ info }) => info === "toml");
  const home = openHome(fakePlatform({ env: new FakeEnv({ variables: { WIRE_HOME: "/h" } }) }));
  await home.ensureRoots();
  const text = shown?.lines.join("\n") ?? "";
  await home.platform.files.writeAtomic(home.file.config, text, { point: "test" });
  const { config, warnings } = await readConfig(home);
  assert.deepEqual(warnings, []);
  const page = await textOf(PAGE);
  for (const [name, value] of Object.entries(config)) {
    const keys = typeof value === "object"
      ? Object.keys(value).map((key) => `${name}.${key}`)
      : [name];
    for (const key of keys) assert.match(page, new RegExp(`^\\| \`${key}\` `, "m"));
  }
  const known = Object.entries(HomeConfig.shape);
  assert.deepEqual(Object.keys(config).sort(), known.map(([name]) => name).sort());
  const { send, receipts, files } = HomeConfig.shape;
  for (
    const [given, section] of [[config.send, send], [config.receipts, receipts], [
      config.files,
      files,
    ]] as const
  ) {
    assert.deepEqual(Object.keys(given ?? {}).sort(), Object.keys(section.unwrap().shape).sort());
  }
});

Deno.test("lesson 53: docs/settings.md has every variable of ours that the program asks for", async () => {
  const page = await textOf(PAGE);
  const root = new URL("../../", import.meta.url);
  const missing = new Set<string>();
  for (const folder of ["cli", "client", "daemon", "ipc", "mcp", "platform", "relay", "store"]) {
    for await (const text of sources(new URL(`${folder}/`, root))) {
      for (const [, name = ""] of text.matchAll(/"(WIRE_[A-Z_]+)"/g)) {
        if (!page.includes(`\`${name}\``) && !OF_OUR_OWN.has(name)) missing.add(name);
      }
    }
  }
  assert.deepEqual([...missing], []);
});

/** Between a launcher of ours and the program it starts: nobody else sets them. */
const OF_OUR_OWN = new Set(["WIRE_LAUNCHER", "WIRE_LAUNCHER_PID"]);

async function* sources(folder: URL): AsyncGenerator<string, void, undefined> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) {
      yield await Deno.readTextFile(new URL(name, folder));
    }
  }
}
