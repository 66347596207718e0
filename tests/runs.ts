/**
 * How many cases a property test tries: `ordinary`, or what WIRE_TEST_RUNS says for a long run.
 * @returns fast-check's `numRuns`
 */
export function testRuns(ordinary: number): number {
  const asked = Number(Deno.env.get("WIRE_TEST_RUNS"));
  return Number.isSafeInteger(asked) && asked > 0 ? asked : ordinary;
}
