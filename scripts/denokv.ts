/**
 * The KV server for tests with several relays: crate `denokv`. Taken from WIRE_DENOKV, from PATH, or
 * from the repository's cache; else built into that cache, which takes some minutes and a Rust
 * toolchain.
 */
import { fileURLToPath } from "node:url";
import { say } from "./run_deno.ts";

const VERSION = "0.14.0";
/** Ignored by git. */
const CACHE = fileURLToPath(new URL("../.cache/denokv", import.meta.url));

/** @returns its path; undefined, after saying why, if there is none and none can be built */
export async function findDenokv(): Promise<string | undefined> {
  const given = Deno.env.get("WIRE_DENOKV");
  if (given !== undefined) return await runs(given) ? given : await cannot(`run ${given}`);
  for (const candidate of ["denokv", `${CACHE}/bin/denokv`]) {
    if (await runs(candidate)) return candidate;
  }
  await say(`building denokv ${VERSION} in ${CACHE}, once; WIRE_DENOKV names one that is there`);
  const args = ["install", "denokv", "--version", VERSION, "--locked", "--root", CACHE];
  try {
    const { success } = await new Deno.Command("cargo", { args }).spawn().status;
    if (success && await runs(`${CACHE}/bin/denokv`)) return `${CACHE}/bin/denokv`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await cannot("find cargo, to build denokv with");
  }
  return await cannot(`build denokv ${VERSION}`);
}

async function runs(program: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: ["--help"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false; // not there, or no program: the next place is looked at
  }
}

async function cannot(what: string): Promise<undefined> {
  await say(`cannot ${what}: no test with several relays was run`);
  return undefined;
}
