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

/** How a cost grows with something, for a plot. */
export interface Curve {
  /** Of the file, without ending. */
  readonly file: string;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Steps of x grow by a factor. */
  readonly isLogarithmic: boolean;
  readonly lines: readonly {
    readonly label: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

export interface Bench {
  readonly name: string;
  /** @param show takes each curve that was measured on the way */
  run(show: (curve: Curve) => void): Promise<readonly Figure[]>;
}
