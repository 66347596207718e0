import assert from "node:assert/strict";
import {
  compileArguments,
  missingRuntime,
  outputFile,
  parseCompileOptions,
  TARGETS,
} from "../../scripts/compile_command.ts";

const LINUX = "x86_64-unknown-linux-gnu";

Deno.test("compile: options are read, wrong ones named", () => {
  const nothing = { target: undefined, output: undefined };
  assert.deepEqual(parseCompileOptions([]), { ok: true, options: nothing });
  for (const args of [["--target", LINUX, "--output=x"], [`--target=${LINUX}`, "--output", "x"]]) {
    const options = { target: LINUX, output: "x" };
    assert.deepEqual(parseCompileOptions(args), { ok: true, options });
  }
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["--target"], /^Cannot compile: --target wants a value$/],
    [["--output="], /--output wants a value$/],
    [["--target", "amiga"], /unknown target "amiga": one of x86_64-unknown-linux-gnu, /],
    [["--target", "toString"], /unknown target/],
    [["extra"], /unknown argument "extra"$/],
  ];
  for (const [args, problem] of wrong) {
    const parsed = parseCompileOptions(args);
    assert.ok(!parsed.ok, args.join(" "));
    assert.match(parsed.problem, problem);
  }
});

Deno.test("compile: the output is named after the target, or after this machine", () => {
  assert.equal(outputFile({ target: undefined, output: "bin/w" }, LINUX), "bin/w");
  assert.equal(
    outputFile({ target: undefined, output: undefined }, LINUX),
    "dist/wire-linux-x86_64",
  );
  for (const target of Object.keys(TARGETS)) {
    const file = outputFile({ target, output: undefined }, LINUX);
    assert.equal(file.endsWith(".exe"), target.includes("windows"), target);
  }
});

Deno.test("compile: arguments carry permissions, storage, target and entry", () => {
  const args = compileArguments({ target: LINUX, output: undefined }, "dist/w");
  assert.equal(args[0], "compile");
  assert.equal(args.at(-1), "main.ts");
  for (const needed of ["--allow-all", "--no-prompt", "--unstable-kv", `--target=${LINUX}`]) {
    assert.ok(args.includes(needed), needed);
  }
  assert.ok(args.includes("--output=dist/w"));
  const here = compileArguments({ target: undefined, output: undefined }, "dist/w");
  assert.ok(!here.some((arg) => arg.startsWith("--target")));
});

Deno.test("compile: a runtime base that cannot be downloaded is one line with alternatives", () => {
  const line = missingRuntime(`error: Writing temporary file 'x'

Caused by:
    0: Setting up base binary.
    1: error sending request for url (https://dl.deno.land/release/v2.9.6/denort-${LINUX}.zip): client error (Connect): dns error
`);
  assert.match(line ?? "", /https:\/\/dl\.deno\.land\/release\/v2\.9\.6\/denort-[\w-]+\.zip; /);
  for (const alternative of ["DENORT_BIN", "deno task wire", "npx --yes deno@2.9.6 task wire"]) {
    assert.ok(line?.includes(alternative), alternative);
  }
  assert.ok(!line?.includes("\n"));
  assert.equal(missingRuntime("error: Module not found"), undefined);
});

Deno.test("compile: the program exits 2 on wrong options", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "scripts/compile.ts", "--target=amiga"],
    cwd: new URL("../../", import.meta.url),
  }).output();
  assert.equal(code, 2);
  assert.equal(stdout.length, 0);
  assert.match(new TextDecoder().decode(stderr), /^Cannot compile: unknown target "amiga".*\n$/);
});

Deno.test("compile: an unreachable download ends in the one line and exit 1", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-compile-" });
  try {
    const nowhere = "http://127.0.0.1:9"; // nothing listens on the discard port
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "scripts/compile.ts", `--output=${directory}/w`]
        .concat(["--target=aarch64-pc-windows-msvc"]), // its base is on no test machine
      cwd: new URL("../../", import.meta.url),
      env: { https_proxy: nowhere, HTTPS_PROXY: nowhere, DENO_NO_UPDATE_CHECK: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.match(text, /^Cannot compile: the runtime base could not be downloaded .*\n$/);
    assert.equal(code, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
