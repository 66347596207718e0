import assert from "node:assert/strict";
import { countsLine, countTests } from "../../scripts/junit.ts";

const report = (...cases: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="99" failures="7" errors="0" time="0.063">
    <testsuite name="./a_test.ts" tests="99" disabled="2" errors="0" failures="7">
${cases.join("\n")}
    </testsuite>
</testsuites>`;

const testCase = (name: string, body = ""): string =>
  `<testcase name="${name}" classname="./a_test.ts" time="0.000" line="1" col="6">\n${body}</testcase>`;

Deno.test("counts: passed, failed and skipped tests are told apart", () => {
  const xml = report(
    testCase("a"),
    testCase("b", `<failure message="Uncaught Error: &lt;skipped/&gt;">Error</failure>`),
    testCase("c", "<skipped/>"),
    testCase("d"),
  );
  assert.deepEqual(countTests(xml, 1), { passed: 2, failed: 1, skipped: 1 });
});

Deno.test("counts: a test with steps counts once", () => {
  const failure = `<failure message="1 test step failed">x</failure>`;
  const xml = report(
    testCase("steps", failure),
    testCase("steps &gt; one"),
    testCase("steps &gt; two", "<skipped/>"),
    testCase("steps &gt; three", failure),
    testCase("steps &gt; three &gt; deep", failure),
    testCase("stepson"),
    testCase("a &gt; b is a name too"),
  );
  assert.deepEqual(countTests(xml, 1), { passed: 2, failed: 1, skipped: 0 });
});

Deno.test("counts: a run that fails without a failed test has at least one", () => {
  assert.deepEqual(countTests(report(testCase("a")), 1), { passed: 1, failed: 1, skipped: 0 });
  assert.deepEqual(countTests(undefined, 1), { passed: 0, failed: 1, skipped: 0 });
  assert.deepEqual(countTests(report(testCase("a")), 0), { passed: 1, failed: 0, skipped: 0 });
});

Deno.test("counts: the last line names skipped tests only when there are some", () => {
  assert.equal(countsLine({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assert.equal(countsLine({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});
