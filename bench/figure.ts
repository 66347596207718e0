/** What a benchmark measured. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Under which the value holds: connections, sizes, what ran beside it. */
  readonly conditions: string;
  /** What the value must not fall below or exceed. */
  readonly budget?: { readonly min?: number; readonly max?: number };
  /** As `budget`, for a figure that is the ratio of two others. */
  readonly ratioBudget?: { readonly min?: number; readonly max?: number };
}

export interface Bench {
  readonly name: string;
  run(): Promise<readonly Figure[]>;
}
