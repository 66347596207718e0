/** One file that needs a POSIX shell, tar and gzip, and neither Deno nor Node. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { VERSION } from "../../protocol/version.ts";
import { singleFileLauncher } from "./launchers.ts";

export interface SingleFileOptions {
  /** Holds `deno`, executable, and `program/`. */
  readonly contents: string;
  readonly output: string;
  /** As in `linux-x86_64`. */
  readonly platform: string;
  readonly commit: string | undefined;
  /** 1 to 9; more is smaller and slower. */
  readonly compression: number;
}

/** @throws {Error} if there is no tar here, or the file cannot be written */
export async function makeSingleFile(options: SingleFileOptions): Promise<void> {
  const { contents, output, platform, commit, compression } = options;
  const archive = `${output}.archive`;
  try {
    await compress(contents, archive, compression);
    const sha256 = await hashOf(archive);
    const script = singleFileLauncher({ version: VERSION, commit, platform, sha256 });
    await Deno.writeTextFile(output, script);
    await pipeline(createReadStream(archive), createWriteStream(output, { flags: "a" }));
    await Deno.chmod(output, 0o755);
  } finally {
    await Deno.remove(archive);
  }
}

async function compress(contents: string, archive: string, level: number): Promise<void> {
  const tar = new Deno.Command("tar", {
    args: ["-cf", "-", "-C", contents, "deno", "program"],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  await pipeline(tar.stdout, createGzip({ level }), createWriteStream(archive));
  const { success } = await tar.status;
  if (!success) throw new Error(`Cannot archive ${path.resolve(contents)}: tar failed`);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
