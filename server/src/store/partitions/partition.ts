/** One partition of `logs`, the half-open range [lower, upper). */
export type Partition = { name: string; lower: string; upper: string }
