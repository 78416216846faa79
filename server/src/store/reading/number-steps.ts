/** Neighbouring steps differ by less than two per cent, so the middle of a step is within 1 % of every number in it. */
const STEP = 1.018
export const STEP_LOG = Math.log(STEP)

/** Smaller amounts count as zero. */
const LEAST = 1e-12
const LEAST_LOG = Math.log(LEAST)

/** Zero is step 0; larger amounts are further from it, on the side of their sign. */
export function stepOf(value: number): number {
  const size = Math.abs(value)
  if (size < LEAST) return 0
  // Not the logarithm of the quotient: that of a large amount is infinite.
  return Math.sign(value) * (1 + Math.floor((Math.log(size) - LEAST_LOG) / STEP_LOG))
}

/** A number within 1 % of all those of a step. */
export function middleOf(step: number): number {
  if (step === 0) return 0
  const middle = LEAST * STEP ** (Math.abs(step) - 1) * Math.sqrt(STEP)
  // A number with few digits is shown with few.
  return Math.sign(step) * Number(middle.toPrecision(4))
}
