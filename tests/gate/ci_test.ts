/** .ci/run in a small repository, with a stand-in for npx that answers as the test says. */
import assert from "node:assert/strict";

const script = await Deno.readTextFile(new URL("../../.ci/run", import.meta.url));

interface Answers {
  /** Shell code of the stand-in, after `deno@2.9.6`: sees `$1 …` as `fmt …`, `task test` and so on. */
  readonly npx: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function ci({ npx, env = {} }: Answers): Promise<{ code: number; lines: string[] }> {
  const directory = await Deno.makeTempDir({ prefix: "wire-ci-" });
  try {
    await Deno.mkdir(`${directory}/repo/.ci`, { recursive: true });
    await Deno.mkdir(`${directory}/bin`);
    await Deno.writeTextFile(`${directory}/repo/.ci/run`, script, { mode: 0o755 });
    const stand = `#!/bin/sh
[ "$1 $2" = "--yes deno@2.9.6" ] || { echo "wrong call: $*"; exit 9; }
shift 2
${npx}
`;
    await Deno.writeTextFile(`${directory}/bin/npx`, stand, { mode: 0o755 });
    const { code, stdout } = await new Deno.Command(`${directory}/repo/.ci/run`, {
      cwd: "/", // it finds its own repository
      env: { PATH: `${directory}/bin:/usr/bin:/bin`, CI_LONG: "", ...env },
    }).output();
    return { code, lines: new TextDecoder().decode(stdout).trimEnd().split("\n") };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("ci: a clean run exits 0 and ends with the tests' own line", async () => {
  const { code, lines } = await ci({
    npx: `[ "$1" = task ] && echo "12 passed, 0 failed"; exit 0`,
  });
  assert.equal(lines.at(-1), "12 passed, 0 failed");
  assert.equal(code, 0);
  assert.ok(lines.includes("== npx --yes deno@2.9.6 task test"));
});

Deno.test("ci: it runs format, lint, types and then the README's test command", async () => {
  const { lines } = await ci({
    npx: `echo "ran $1 $2"; [ "$1" = task ] && echo "1 passed, 0 failed"`,
  });
  assert.deepEqual(lines.filter((line) => line.startsWith("ran ")), [
    "ran fmt --check",
    "ran lint --quiet",
    "ran check --quiet",
    "ran task test",
  ]);
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  assert.match(readme, /^npx --yes deno@2\.9\.6 task test\b/m);
});

Deno.test("ci: a failed check counts, and the tests run all the same", async () => {
  for (const step of ["fmt", "lint", "check"]) {
    const { code, lines } = await ci({
      npx: `[ "$1" = task ] && echo "12 passed, 0 failed, 2 skipped"; [ "$1" != ${step} ]`,
    });
    assert.equal(lines.at(-1), "12 passed, 1 failed, 2 skipped", step);
    assert.equal(code, 1);
  }
});

Deno.test("ci: failed tests, a run without a count, and a lying exit code all fail", async () => {
  const cases: readonly (readonly [string, string])[] = [
    [`echo "11 passed, 1 failed"; exit 1`, "11 passed, 1 failed"],
    [`echo "cannot start"; exit 1`, "0 passed, 1 failed"],
    [`echo "no count"; exit 0`, "0 passed, 1 failed"],
    [`echo "12 passed, 0 failed"; exit 1`, "12 passed, 1 failed"],
  ];
  for (const [answer, last] of cases) {
    const { code, lines } = await ci({ npx: `if [ "$1" = task ]; then ${answer}; fi` });
    assert.equal(lines.at(-1), last);
    assert.equal(code, 1, answer);
  }
});

Deno.test("ci: CI_LONG=1 adds the long runs to the count", async () => {
  const npx = `case "$1 $2" in "task test") echo "12 passed, 0 failed";;
"task long") echo "30 passed, 2 failed"; exit 1;;
"task cluster:test") echo "5 passed, 0 failed";; esac`;
  const { code, lines } = await ci({ npx, env: { CI_LONG: "1" } });
  assert.equal(lines.at(-1), "47 passed, 2 failed");
  assert.equal(code, 1);
});
