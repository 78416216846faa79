import { MAX_ROWS_A_STEP } from '../../store/alerts/alert-position.ts'

/** How long a step of the evaluation may take: what it decides is told when it ends. */
const STEP_MS = 1000

/** The least rows of a step, and those of the first: how long the rules take for a row is not known yet. */
export const FIRST_STEP_ROWS = 1000

/**
 * The rows that the next step may have, by how long this one took. A step that had fewer than it might have says nothing of
 * how long a full one would take, so that quiet hours leave the bound where the last burst put it.
 */
export function nextStepRows(allowed: number, { rows, millis }: { rows: number; millis: number }): number {
  if (millis <= STEP_MS && rows < allowed) return allowed
  const wanted = millis > STEP_MS ? Math.round((rows * STEP_MS) / millis) : 2 * allowed
  return Math.min(MAX_ROWS_A_STEP, Math.max(FIRST_STEP_ROWS, wanted))
}
