/** Counts of a JUnit report as Deno 2.9 writes it. */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

type Outcome = keyof Counts;

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/** How Deno joins the name of a step to that of its test. */
const STEP_MARK = " > ";

/**
 * Each test counts once, whatever steps it has: Deno's own `tests=` counts steps and skipped tests
 * too. @param xml the report, or undefined when there is none (a type error, for one)
 * @param exitCode of the run: when it is not 0 at least one failure is counted, because a module
 * that throws while it loads appears nowhere in the report
 */
export function countTests(xml: string | undefined, exitCode: number): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, suite = ""] of (xml ?? "").matchAll(/<testsuite\b[^>]*>(.*?)<\/testsuite>/gs)) {
    for (const outcome of outcomes(suite)) counts[outcome]++;
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function* outcomes(suite: string): Iterable<Outcome> {
  let test: string | undefined;
  for (const [, name = "", body = ""] of suite.matchAll(TEST_CASE)) {
    const readable = name.replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity);
    if (test !== undefined && readable.startsWith(test + STEP_MARK)) continue;
    test = readable;
    if (/<(failure|error)\b/.test(body)) yield "failed";
    else if (/<skipped\b/.test(body)) yield "skipped";
    else yield "passed";
  }
}

/** Text and attributes are escaped, so no tag stands where it does not mean one. */
const TEST_CASE = /<testcase\b[^>]*?\bname="([^"]*)"[^>]*>(.*?)<\/testcase>/gs;

/** The last line of every run. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
