/**
 * How often tests repeat what chance decides: more in a long run. And by which seed, where one is set:
 * fast-check has no other place for it that all properties share.
 */
import fc from "fast-check";

const seed = asked("WIRE_TEST_SEED");
if (seed !== undefined) fc.configureGlobal({ seed });

/**
 * How many cases a property test tries: `ordinary`, or what WIRE_TEST_RUNS says.
 * @returns fast-check's `numRuns`
 */
export const testRuns = (ordinary: number): number => asked("WIRE_TEST_RUNS") ?? ordinary;

/** How often a test kills a process: `ordinary`, or what WIRE_CRASH_ROUNDS says. */
export const crashRounds = (ordinary: number): number => asked("WIRE_CRASH_ROUNDS") ?? ordinary;

function asked(variable: string): number | undefined {
  const count = Number(Deno.env.get(variable));
  return Number.isSafeInteger(count) && count > 0 ? count : undefined;
}

/** How many connections a test opens at once: `ordinary`, or what WIRE_FLOOD says. */
export const floodSize = (ordinary: number): number => asked("WIRE_FLOOD") ?? ordinary;

/** Whether tests may take their time. */
export const isLongRun = (): boolean => asked("WIRE_TEST_RUNS") !== undefined;
