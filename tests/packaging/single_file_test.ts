/** The file that unpacks itself: with the real contents once, and with a small stand-in for the rest. */
import assert from "node:assert/strict";
import path from "node:path";
import { VERSION } from "../../protocol/version.ts";
import { pack } from "../../scripts/pack/main.ts";
import { PLATFORMS } from "../../scripts/pack/runtime.ts";
import { makeSingleFile } from "../../scripts/pack/single_file.ts";
import { assertTwoCanTalk, type Packed, runPacked } from "./conversation.ts";

const ignore = !Object.hasOwn(PLATFORMS, Deno.build.target);
const NEEDED = ["sh", "tail", "gzip", "tar", "mktemp", "mkdir", "mv", "rm", "uname"];
/** Stands in for Deno: says how it was called, and exits as it is told to. */
const STAND_IN = `#!/bin/sh
printf '<%s>' "$@" "$WIRE_LAUNCHER"
[ "$WIRE_LAUNCHER_PID" = $$ ] && printf ' its own'
exit \${10:-0}
`;

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "wire-single-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A directory with what the script needs and no more. @returns a PATH without Deno */
async function toolsIn(directory: string, others: readonly string[] = ["sha256sum"]) {
  const tools = path.join(directory, "tools");
  await Deno.mkdir(tools);
  for (const name of [...NEEDED, ...others]) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${name}`] })
      .output();
    await Deno.symlink(new TextDecoder().decode(stdout).trim(), path.join(tools, name));
  }
  return tools;
}

/** A single file whose Deno is the stand-in. */
async function standIn(directory: string): Promise<Packed> {
  const contents = path.join(directory, "contents");
  await Deno.mkdir(path.join(contents, "program"), { recursive: true });
  await Deno.mkdir(path.join(directory, "nobody"));
  await Deno.writeTextFile(path.join(contents, "deno"), STAND_IN, { mode: 0o755 });
  const wire = path.join(directory, "wire one");
  await makeSingleFile({
    contents,
    output: wire,
    platform: "any",
    commit: "0".repeat(40),
    compression: 9,
  });
  return { wire, path: await toolsIn(directory), directory };
}

const unpackedIn = async (directory: string): Promise<string[]> => {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(path.join(directory, "nobody/.cache/wire-runtime"))) {
    names.push(name);
  }
  return names;
};

Deno.test({
  name:
    "packaging: the single file runs in an empty home, with no Deno, and two people talk with it",
  ignore,
  fn: () =>
    inDirectory(async (directory) => {
      const output = path.join(directory, "dist");
      const targets = [Deno.build.target];
      const made = await pack({ kinds: ["single"], targets, output, compression: 1 });
      const sums = await Deno.readTextFile(made.at(-1) ?? "");
      assert.match(sums, new RegExp(`^[0-9a-f]{64}  wire-${VERSION}-\\S+\n$`));
      const packed = { wire: made[0] ?? "", path: await toolsIn(directory), directory };
      await Deno.mkdir(path.join(directory, "nobody"));
      const version = await runPacked(packed, "nobody", ["--version", "--json"]);
      assert.equal(JSON.parse(version.stdout).version, VERSION);
      // One unpacking does for all of the homes.
      const cache = path.join(directory, "nobody/.cache");
      for (const home of ["relay", "alice", "bob"]) {
        await Deno.mkdir(path.join(directory, home));
        await Deno.symlink(cache, path.join(directory, home, ".cache"));
      }
      await assertTwoCanTalk(packed);
    }),
});

Deno.test({
  name: "packaging: the single file passes on arguments, exit code and who it is, and unpacks once",
  ignore,
  fn: () =>
    inDirectory(async (directory) => {
      const packed = await standIn(directory);
      const first = await runPacked(packed, "nobody", ["a b", "7", "", "new\nline", "$x"]);
      const program = path.join(
        directory,
        "nobody/.cache/wire-runtime",
        (await unpackedIn(directory))[0] ?? "",
      );
      const fixed = ["run", "-A", "--quiet", "--no-prompt", "--no-config", "--unstable-kv"];
      const args = [...fixed, "--unstable-lazy-dynamic-imports"];
      const said = [
        ...args,
        `${program}/program/main.js`,
        "a b",
        "7",
        "",
        "new\nline",
        "$x",
        packed.wire,
      ];
      assert.equal(first.stdout, said.map((word) => `<${word}>`).join("") + " its own");
      assert.equal(first.code, 7);
      assert.match(first.stderr, /^wire: unpacking once, into \S+\n$/);
      assert.equal(((await Deno.stat(program)).mode ?? 0) & 0o777, 0o700);
      assert.equal((await runPacked(packed, "nobody", ["x", "0"])).stderr, "");
      // Whose files may be replaced while it runs has all of them in memory.
      const daemon = await runPacked(packed, "nobody", ["daemon"]);
      assert.ok(
        daemon.stdout.startsWith(fixed.map((word) => `<${word}>`).join("") + `<${program}`),
      );
      assert.equal((await unpackedIn(directory)).length, 1);
    }),
});

Deno.test({
  name: "packaging: first starts at the same time leave one whole copy",
  ignore,
  fn: () =>
    inDirectory(async (directory) => {
      const packed = await standIn(directory);
      const starts = Array.from({ length: 8 }, () => runPacked(packed, "nobody", ["x", "3"]));
      assert.deepEqual((await Promise.all(starts)).map(({ code }) => code), Array(8).fill(3));
      const [only, ...others] = await unpackedIn(directory);
      assert.deepEqual(others, []);
      const inside: string[] = [];
      const copy = path.join(directory, "nobody/.cache/wire-runtime", only ?? "");
      for await (const { name } of Deno.readDir(copy)) inside.push(name);
      assert.deepEqual(inside.sort(), ["deno", "program"]);
    }),
});

Deno.test({
  name: "packaging: a damaged or cut file says so and leaves nothing, with and without sha256sum",
  ignore,
  fn: () =>
    inDirectory(async (directory) => {
      const packed = await standIn(directory);
      const whole = await Deno.readFile(packed.wire);
      await Deno.writeFile(packed.wire, whole.subarray(0, whole.length - 40));
      const cut = await runPacked(packed, "nobody", ["x"]);
      assert.deepEqual([cut.code, cut.stderr], [
        1,
        "error: Cannot start wire: the file is damaged; download it again\n",
      ]);
      await Deno.remove(path.join(packed.path, "sha256sum"));
      const unchecked = await runPacked(packed, "nobody", ["x"]);
      assert.equal(unchecked.code, 1);
      assert.match(
        unchecked.stderr,
        /error: Cannot start wire: it cannot be unpacked into \S+; is/,
      );
      assert.deepEqual(await unpackedIn(directory), []);
      await Deno.writeFile(packed.wire, whole);
      assert.equal((await runPacked(packed, "nobody", ["x", "4"])).code, 4);
    }),
});

Deno.test({
  name: "packaging: what somebody else has put in the cache directory is not run",
  ignore: ignore || Deno.uid() !== 0,
  fn: () =>
    inDirectory(async (directory) => {
      const packed = await standIn(directory);
      await runPacked(packed, "nobody", ["x"]);
      const [copy] = await unpackedIn(directory);
      await Deno.chown(path.join(directory, "nobody/.cache/wire-runtime", copy ?? ""), 12_345, 0);
      const refused = await runPacked(packed, "nobody", ["x"]);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /belongs to somebody else/);
      assert.equal(refused.stdout, "");
    }),
});
