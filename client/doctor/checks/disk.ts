/** Room, and leave to write. */
import type { Check, Finding } from "../check.ts";
import { fail, gathered, pass, warn } from "../finding.ts";
import { shellWord } from "../shell_word.ts";
import type { Scene } from "../scene.ts";

const MIB = 1024 * 1024;
const FULL_BYTES = 50 * MIB;
const LOW_BYTES = 500 * MIB;
const FEW_FILES = 1_000;

export const disk: Check = {
  id: "disk",
  about: "whether there is room and leave to write",
  lessons: [],
  async look(scene) {
    const { configRoot, stateRoot } = scene.home.paths;
    const roots = [...new Set([configRoot, stateRoot])];
    const found = await Promise.all(roots.map((root) => judge(scene, root)));
    return gathered(found, [...new Set(found.map(({ detail }) => detail))].join(", "));
  },
};

async function judge({ home }: Scene, root: string): Promise<Finding> {
  const { files, machine } = home.platform;
  if (await files.stat(root) === undefined) return pass("no home yet");
  const problem = await machine.writeProblem(root);
  if (problem !== undefined) {
    return fail(`${root} cannot be written: ${problem}`, `ls -ld ${shellWord(root)}`);
  }
  const space = await machine.space(root);
  if (space === undefined) return pass("room not known");
  const { freeBytes, freeFiles } = space;
  const room = `${Math.floor(freeBytes / MIB)} MiB free`;
  const fix = `make room: du -xh ${shellWord(root)} | sort -h | tail`;
  if (freeBytes < FULL_BYTES) return fail(`the disk of ${root} is full: ${room}`, fix);
  if (freeBytes < LOW_BYTES) return warn(`the disk of ${root} is nearly full: ${room}`, fix);
  if (freeFiles !== undefined && freeFiles < FEW_FILES) {
    return warn(`the file system of ${root} has room for ${freeFiles} more files`, fix);
  }
  return pass(room);
}
