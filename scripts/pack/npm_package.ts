/** The npm package: the program, a shell script that starts it, and Deno as a dependency. */
import path from "node:path";
import { VERSION } from "../../protocol/version.ts";
import { npmLauncher } from "./launchers.ts";

export const NPM_NAME = "@wire/wire";

/** @param runtime the version of Deno that it was tested with */
export const packageManifest = (runtime: string): Readonly<Record<string, unknown>> => ({
  name: NPM_NAME,
  version: VERSION,
  description: "The agents' phone line: relay, daemon, command line and tools in one program",
  license: "MIT",
  bin: { wire: "bin/wire" },
  files: ["bin", "program"],
  dependencies: { deno: runtime },
  engines: { node: ">=18" },
});

export interface NpmPackageOptions {
  /** The bundled program. */
  readonly program: string;
  /** Where the tarball goes. */
  readonly output: string;
}

/**
 * @returns the tarball's path
 * @throws {Error} if npm fails
 */
export async function makeNpmPackage({ program, output }: NpmPackageOptions): Promise<string> {
  const root = new URL("../..", import.meta.url);
  const directory = await Deno.makeTempDir({ prefix: "wire-npm-" });
  try {
    await Deno.mkdir(path.join(directory, "bin"));
    await Deno.rename(program, path.join(directory, "program"));
    const launcher = path.join(directory, "bin", "wire");
    await Deno.writeTextFile(launcher, npmLauncher(NPM_NAME));
    await Deno.chmod(launcher, 0o755);
    const manifest = JSON.stringify(packageManifest(Deno.version.deno), null, 2);
    await Deno.writeTextFile(path.join(directory, "package.json"), `${manifest}\n`);
    for (const name of ["README.md", "LICENSE"]) {
      await Deno.copyFile(new URL(name, root), path.join(directory, name));
    }
    const { success, stdout, stderr } = await new Deno.Command("npm", {
      args: ["pack", "--silent", "--pack-destination", path.resolve(output)],
      cwd: directory,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`Cannot pack for npm: ${decoder.decode(stderr).trim()}`);
    return path.join(output, path.basename(decoder.decode(stdout).trim()));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
