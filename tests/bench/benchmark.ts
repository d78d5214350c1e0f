import type { BenchHome } from './home.js';

/** One measured figure. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: '×' | 'µs' | 'ms' | 'req/s' | 'MiB' | 'MB/s';
  readonly aim?: Aim;
}

/** What the figure is to be, in its own unit. */
export type Aim = { readonly atMost: number } | { readonly atLeast: number };

/** Measures in a home that has an account and a token which lives for an hour. */
export type Benchmark = (home: BenchHome) => Promise<Figure[]>;

/** The value below which the share `of` (0 to 1) of the samples lies. */
export function percentile(samples: readonly number[], of: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}
