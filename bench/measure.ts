/** Repeating and summing up what is measured. */

/** @returns the milliseconds that each of `rounds` calls took, after `warmUp` that do not count */
export async function timed(
  work: () => Promise<unknown>,
  { rounds, warmUp }: { readonly rounds: number; readonly warmUp: number },
): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    const start = performance.now();
    await work();
    if (round >= 0) taken.push(performance.now() - start);
  }
  return taken;
}

/** @param share 0.5 is the median, 0.99 what only one in a hundred exceeds */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.floor(share * sorted.length));
  return sorted[index] ?? NaN;
}
