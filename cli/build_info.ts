/** What `wire --version --json` prints: the version, and the commit that it was built from. */
import path from "node:path";
import { z } from "zod";
import type { Files } from "../platform/files.ts";
import { VERSION } from "../protocol/version.ts";

/** Beside the program in everything that is packed; from source the repository itself says it. */
export const BUILD_FILE = "build.json";

const COMMIT = /^[0-9a-f]{40}$/;
const Build = z.object({ commit: z.string().regex(COMMIT) });

export interface BuildInfo {
  /** 40 hex digits; null where nothing says it. */
  readonly commit: string | null;
  readonly name: "wire";
  /** What runs it. */
  readonly runtime: string;
  readonly version: string;
}

/** @param root the directory of the main module */
export async function buildInfo(
  files: Pick<Files, "readText">,
  { root, runtime }: { readonly root: string; readonly runtime: string },
): Promise<BuildInfo> {
  const read = (name: string) => textOf(files, path.join(root, name));
  const commit = builtFrom(await read(BUILD_FILE)) ?? await checkedOut(read);
  return { commit: commit ?? null, name: "wire", runtime, version: VERSION };
}

function builtFrom(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return Build.safeParse(JSON.parse(text)).data?.commit;
  } catch {
    // It is no JSON, so it says nothing.
    return undefined;
  }
}

/** Of a git checkout, without asking git. */
async function checkedOut(
  read: (name: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const head = (await read(".git/HEAD"))?.trim();
  if (head === undefined || COMMIT.test(head)) return head;
  const ref = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1];
  if (ref === undefined || ref.includes("..")) return undefined;
  const loose = (await read(`.git/${ref}`))?.trim();
  if (loose !== undefined) return COMMIT.test(loose) ? loose : undefined;
  const packed = await read(".git/packed-refs") ?? "";
  return packed.split("\n").find((line) => line.slice(41) === ref)?.slice(0, 40);
}

/** What cannot be read says nothing: the version itself is known. */
async function textOf(
  files: Pick<Files, "readText">,
  file: string,
): Promise<string | undefined> {
  try {
    return await files.readText(file);
  } catch {
    return undefined;
  }
}
