/** The test runner, run on small suites of its own. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

interface Ended {
  readonly code: number;
  readonly lastLine: string | undefined;
  readonly output: string;
}

/** Runs scripts/test.ts in a new directory that holds these files. */
async function runner(
  files: Readonly<Record<string, string>>,
  args: readonly string[] = ["--no-check"],
): Promise<Ended> {
  const directory = await Deno.makeTempDir({ prefix: "wire-runner-" });
  try {
    await Deno.writeTextFile(`${directory}/deno.json`, JSON.stringify({ test: SANITIZERS }));
    for (const [name, source] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${name}`, source);
    }
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", fileURLToPath(new URL("scripts/test.ts", root)), ...args],
      cwd: directory,
      env: { NO_COLOR: "1" },
    }).output();
    const printed = new TextDecoder().decode(stdout);
    const output = printed + new TextDecoder().decode(stderr);
    return { code, lastLine: printed.trimEnd().split("\n").at(-1), output };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const config: { test: Record<string, unknown> } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
);
const SANITIZERS = config.test;

const GOOD = `Deno.test("good", () => {}); Deno.test.ignore("later", () => {});`;

Deno.test("runner: good tests end with their count and exit 0", async () => {
  const { code, lastLine, output } = await runner({ "a_test.ts": GOOD, "b_test.ts": GOOD });
  assert.equal(lastLine, "2 passed, 0 failed, 2 skipped");
  assert.equal(code, 0);
  assert.match(output, /good \.\.\. ok/); // Deno's own report is shown too
});

Deno.test("runner: a failing test is counted and exits 1", async () => {
  const bad =
    `Deno.test("bad", async (t) => { await t.step("x", () => { throw new Error(); }); });`;
  const { code, lastLine } = await runner({ "a_test.ts": GOOD, "b_test.ts": bad });
  assert.equal(lastLine, "1 passed, 1 failed, 1 skipped");
  assert.equal(code, 1);
});

Deno.test("runner: a module that throws while it loads is a failure", async () => {
  const { code, lastLine } = await runner({
    "a_test.ts": GOOD,
    "b_test.ts": `Deno.test("never", () => {}); throw new Error("while loading");`,
  });
  assert.equal(lastLine, "1 passed, 1 failed, 1 skipped");
  assert.equal(code, 1);
});

Deno.test("runner: a type error is a failure", async () => {
  const { code, lastLine } = await runner({
    "a_test.ts": `const n: number = "text"; Deno.test("n", () => { n; });`,
  }, []);
  assert.equal(lastLine, "0 passed, 1 failed");
  assert.equal(code, 1);
});

Deno.test("runner: a run without tests is a failure", async () => {
  const { code, lastLine } = await runner({ "a.ts": "export const a = 1;" });
  assert.equal(lastLine, "0 passed, 1 failed");
  assert.equal(code, 1);
});

Deno.test("runner: this project's settings find a leaked timer and a leaked file", async () => {
  const { code, lastLine } = await runner({
    "a_test.ts": `
Deno.test("timer", () => { setTimeout(() => {}, 10_000); });
Deno.test("file", () => { Deno.openSync("a_test.ts"); });`,
  });
  assert.equal(lastLine, "0 passed, 2 failed");
  assert.equal(code, 1);
});

Deno.test("runner: files and a filter choose what runs", async () => {
  const two = `Deno.test("one", () => {}); Deno.test("two", () => {});`;
  const files = { "a_test.ts": two, "b_test.ts": two };
  assert.equal((await runner(files, ["--no-check", "a_test.ts"])).lastLine, "2 passed, 0 failed");
  assert.equal(
    (await runner(files, ["--no-check", "--filter", "two"])).lastLine,
    "2 passed, 0 failed",
  );
  assert.equal(
    (await runner(files, ["--no-check", "--filter=two", "b_test.ts"])).lastLine,
    "1 passed, 0 failed",
  );
});
