/**
 * The program as JavaScript, with every package in it: it needs Deno and no network, no cache and no
 * repository. What is loaded on demand stays in files of its own.
 */
import path from "node:path";
import { runHere, writeBuild } from "./build.ts";

/** What children that are started without our script need, and so that no other is looked for. */
const CONFIG = { unstable: ["kv"], lock: false, nodeModulesDir: "none" };

/**
 * Fills a directory with main.js and what belongs to it. It is not minified: the bundler of Deno 2.9
 * would then put a `using` that is read once into its place, and nothing would be disposed of.
 * @returns the commit that it was built from; undefined outside a git checkout
 * @throws {Error} if it cannot be bundled
 */
export async function bundleProgram(directory: string): Promise<string | undefined> {
  await Deno.mkdir(directory, { recursive: true });
  const bundle = await runHere(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--platform=deno",
    "--code-splitting",
    `--outdir=${directory}`,
    "main.ts",
  ]);
  if (!bundle.success) throw new Error(`Cannot bundle the program: ${bundle.stderr.trim()}`);
  await giveRequire(directory);
  await Deno.writeTextFile(path.join(directory, "deno.json"), `${JSON.stringify(CONFIG)}\n`);
  return await writeBuild(directory);
}

/** In the bundler's own function for what CommonJS packages require at run time. */
const REQUIRES = "Dynamic require of";
const REQUIRE = 'import{createRequire as requireFrom}from"node:module";' +
  "const require=requireFrom(import.meta.url);";

/** Packages of the older kind ask for the runtime's own modules with `require`, which modules lack. */
async function giveRequire(directory: string): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    const file = path.join(directory, name);
    const text = await Deno.readTextFile(file);
    if (text.includes(REQUIRES)) await Deno.writeTextFile(file, REQUIRE + text);
  }
}
