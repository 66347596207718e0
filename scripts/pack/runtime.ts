/** The Deno that goes into a single file: this one, or another platform's from npm. */
import path from "node:path";

export interface Platform {
  /** As in a file's name. */
  readonly name: string;
  /** Of the npm package that holds its Deno. */
  readonly runtime: string;
}

/** What a single file can be made for, by the triple that `deno compile` calls it. */
export const PLATFORMS: Readonly<Record<string, Platform>> = {
  "x86_64-unknown-linux-gnu": { name: "linux-x86_64", runtime: "@deno/linux-x64-glibc" },
  "aarch64-unknown-linux-gnu": { name: "linux-aarch64", runtime: "@deno/linux-arm64-glibc" },
  "x86_64-apple-darwin": { name: "macos-x86_64", runtime: "@deno/darwin-x64" },
  "aarch64-apple-darwin": { name: "macos-aarch64", runtime: "@deno/darwin-arm64" },
};

/**
 * Puts the executable into a directory, as `deno`.
 * @param target its triple; this machine's needs no network
 * @throws {Error} if npm cannot fetch another platform's, or its checksum is wrong
 */
export async function putRuntime(directory: string, target: string): Promise<void> {
  const file = path.join(directory, "deno");
  if (target === Deno.build.target) await Deno.copyFile(Deno.execPath(), file);
  else await fetchRuntime(file, target);
  await Deno.chmod(file, 0o755);
}

/** npm checks what it fetches against the registry's checksum. */
async function fetchRuntime(file: string, target: string): Promise<void> {
  const platform = PLATFORMS[target];
  if (platform === undefined) throw new Error(`Cannot pack for ${target}: no such platform`);
  const wanted = `${platform.runtime}@${Deno.version.deno}`;
  const directory = await Deno.makeTempDir({ prefix: "wire-runtime-" });
  try {
    const packed = await output("npm", ["pack", "--pack-destination", directory, wanted]);
    const tarball = path.join(directory, path.basename(packed.trim().split("\n").at(-1) ?? ""));
    await output("tar", ["-xzf", tarball, "-C", directory, "package/deno"]);
    await Deno.copyFile(path.join(directory, "package", "deno"), file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n")[1] ?? cause.message : "";
    throw new Error(`Cannot get ${wanted} from npm: ${why}`, { cause });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr).replace(/^npm warn.*\n/gm, "").trim());
  return decoder.decode(stdout);
}
