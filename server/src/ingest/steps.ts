/**
 * Work in steps of a few milliseconds, so that a long body does not block others: the caller may pause
 * between steps as it likes.
 */
export type Steps<T> = Generator<void, T>

/** Runs all steps at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
