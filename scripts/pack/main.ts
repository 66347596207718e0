/** `deno task pack`: the npm package and the single file, with their checksums, in `dist`. */
import path from "node:path";
import { VERSION } from "../../protocol/version.ts";
import { say } from "../run_deno.ts";
import { writeChecksums } from "./checksums.ts";
import { makeNpmPackage } from "./npm_package.ts";
import { type PackOptions, parsePackOptions, USAGE } from "./options.ts";
import { bundleProgram } from "./program.ts";
import { PLATFORMS, putRuntime } from "./runtime.ts";
import { makeSingleFile } from "./single_file.ts";

/** @returns the files that were made */
export async function pack(options: PackOptions): Promise<readonly string[]> {
  const { kinds, targets, output, compression } = options;
  await Deno.mkdir(output, { recursive: true });
  const contents = await Deno.makeTempDir({ prefix: "wire-pack-" });
  const made: string[] = [];
  try {
    const program = path.join(contents, "program");
    const commit = await bundleProgram(program);
    for (const target of kinds.includes("single") ? targets : []) {
      const platform = PLATFORMS[target]?.name ?? target;
      const file = path.join(output, `wire-${VERSION}-${platform}`);
      await putRuntime(contents, target);
      await makeSingleFile({ contents, output: file, platform, commit, compression });
      made.push(file);
    }
    if (kinds.includes("npm")) made.push(await makeNpmPackage({ program, output }));
  } finally {
    await Deno.remove(contents, { recursive: true });
  }
  return [...made, await writeChecksums(output)];
}

if (import.meta.main) {
  let options: PackOptions;
  try {
    options = parsePackOptions(Deno.args, Deno.build.target);
  } catch (error) {
    await complain(`Cannot pack: ${error instanceof Error ? error.message : error}\n${USAGE}`);
    Deno.exit(2);
  }
  try {
    for (const file of await pack(options)) await say(file);
  } catch (error) {
    await complain(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}

async function complain(text: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
}
