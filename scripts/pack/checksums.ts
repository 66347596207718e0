/** SHA256SUMS as `sha256sum --check` reads it. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";

export const CHECKSUMS = "SHA256SUMS";

/** Writes them for every file of a directory, itself excepted. @returns its path */
export async function writeChecksums(directory: string): Promise<string> {
  const lines: string[] = [];
  const entries = await Array.fromAsync(Deno.readDir(directory));
  const names = entries.filter(({ isFile }) => isFile).map(({ name }) => name);
  for (const name of names.filter((name) => name !== CHECKSUMS).sort()) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path.join(directory, name)), hash);
    lines.push(`${hash.digest("hex")}  ${name}\n`);
  }
  const file = path.join(directory, CHECKSUMS);
  await Deno.writeTextFile(file, lines.join(""));
  return file;
}
