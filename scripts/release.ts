/**
 * `deno task release`: everything that is published, for every platform, with checksums. What cannot
 * be made is named, and then it is no release.
 */
import { fileURLToPath } from "node:url";
import { TARGETS } from "./compile_command.ts";
import { writeChecksums } from "./pack/checksums.ts";
import { pack } from "./pack/main.ts";
import { PLATFORMS } from "./pack/runtime.ts";
import { runDeno, say } from "./run_deno.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = `${ROOT}dist`;
const missing: string[] = [];

try {
  const entries = Deno.readDirSync(OUTPUT);
  if (!entries.next().done) {
    await say(`Cannot release: ${OUTPUT} is not empty; remove what was made before`);
    Deno.exit(1);
  }
} catch (error) {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

for (const [target, { name }] of Object.entries(PLATFORMS)) {
  await step(`single file for ${name}`, async () => {
    await pack({ kinds: ["single"], targets: [target], output: OUTPUT, compression: 9 });
  });
}
await step("npm package", async () => {
  await pack({ kinds: ["npm"], targets: [], output: OUTPUT, compression: 9 });
});
for (const [target, name] of Object.entries(TARGETS)) {
  await step(name, async () => {
    const args = ["run", "-A", "--quiet", "scripts/compile.ts", `--target=${target}`];
    if (await runDeno(args, { cwd: ROOT }) !== 0) throw new Error("deno compile failed");
  });
}
await say(await writeChecksums(OUTPUT));
if (missing.length > 0) {
  await say(`not a release: ${missing.join(", ")} could not be made`);
  Deno.exit(1);
}

async function step(what: string, make: () => Promise<void>): Promise<void> {
  await say(`== ${what}`);
  try {
    await make();
  } catch (error) {
    await say(error instanceof Error ? error.message : String(error));
    missing.push(what);
  }
}
