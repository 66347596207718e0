import assert from "node:assert/strict";
import { MemoryFiles } from "../platform/fake/memory_files.ts";
import { VERSION } from "../protocol/version.ts";
import { buildInfo } from "./build_info.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const OTHER = "f".repeat(40);

/** @param files by their path below the program's directory */
async function commitAmong(files: Readonly<Record<string, string>>): Promise<string | null> {
  const disk = new MemoryFiles();
  for (const [name, text] of Object.entries(files)) {
    const file = `/wire/${name}`;
    await disk.ensureDirectory(file.slice(0, file.lastIndexOf("/")));
    await disk.writeAtomic(file, text, { point: "test" });
  }
  const info = await buildInfo(disk, { root: "/wire", runtime: "deno 2.9.6" });
  assert.deepEqual({ ...info, commit: null }, {
    commit: null,
    name: "wire",
    runtime: "deno 2.9.6",
    version: VERSION,
  });
  return info.commit;
}

Deno.test("version: what was packed says its commit in build.json", async () => {
  assert.equal(await commitAmong({ "build.json": `{"commit":"${COMMIT}"}` }), COMMIT);
});

Deno.test("version: a checkout says the commit that is checked out, loose, packed or detached", async () => {
  const head = "ref: refs/heads/main\n";
  const packed =
    `# pack-refs with: peeled\n${OTHER} refs/heads/mainly\n${COMMIT} refs/heads/main\n`;
  assert.equal(await commitAmong({ ".git/HEAD": `${COMMIT}\n` }), COMMIT);
  const loose = { ".git/HEAD": head, ".git/refs/heads/main": `${COMMIT}\n` };
  assert.equal(await commitAmong(loose), COMMIT);
  assert.equal(await commitAmong({ ".git/HEAD": head, ".git/packed-refs": packed }), COMMIT);
});

Deno.test("version: what nothing says is null, and never a guess", async () => {
  assert.equal(await commitAmong({}), null);
  assert.equal(await commitAmong({ "build.json": "{" }), null);
  assert.equal(await commitAmong({ "build.json": '{"commit":"main"}' }), null);
  assert.equal(await commitAmong({ ".git/HEAD": "ref: refs/../../../etc/passwd\n" }), null);
  assert.equal(await commitAmong({ ".git/HEAD": "ref: refs/heads/none\n" }), null);
});
