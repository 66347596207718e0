/** What is checked in belongs to everybody's machine, not to the one it was written on. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

async function trackedFiles(): Promise<readonly string[]> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z"],
    cwd: root,
  }).output();
  assert.ok(success, "git ls-files works: the tests run in a clone");
  return new TextDecoder().decode(stdout).split("\0").filter((name) => name !== "");
}

/** Written so that this file does not contain what it looks for. */
const MACHINE_NAMES: readonly RegExp[] = [
  new RegExp(["(?<![\\w.])", "work", "(main|shared)\\b"].join("/")),
  new RegExp(["", "tmp", "brief\\b"].join("/")),
  new RegExp(["", "root", "\\."].join("/")),
  new RegExp(["registry", "npmjs"].join("\\.")),
  new RegExp(["_npx", ""].join("/")),
];

Deno.test("repository: no file names a path or a registry of the machine it was written on", async () => {
  const found: string[] = [];
  for (const name of await trackedFiles()) {
    const text = await readIfPresent(new URL(encodeURI(name), root));
    for (const [index, line] of text.split("\n").entries()) {
      if (MACHINE_NAMES.some((pattern) => pattern.test(line))) found.push(`${name}:${index + 1}`);
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("repository: import-map entries are exact npm versions or built in", async () => {
  const config: { imports: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  for (const [name, target] of Object.entries(config.imports)) {
    assert.match(target, /^npm:(@[\w-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/, name);
  }
});

Deno.test("repository: every task's script exists", async () => {
  const config: { tasks: Record<string, { command: string }> } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  for (const [name, { command }] of Object.entries(config.tasks)) {
    const script = command.match(/\S+\.ts\b/)?.[0];
    assert.ok(script, `task ${name} runs a script`);
    assert.ok((await Deno.stat(fileURLToPath(new URL(script, root)))).isFile, script);
  }
});

/** A file that is tracked and was deleted in the working tree has nothing to say. */
async function readIfPresent(file: URL): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
