import { setTimeout as delay } from 'node:timers/promises'

/** Counting four million rows one by one takes some ten seconds. */
const PATIENCE_MS = 30_000

const VERDICTS = ['ok', 'warning', 'failure'] as const
/** ✅, ⚠️ and ❌. */
export type Verdict = (typeof VERDICTS)[number]

/** The result of a check. */
export type Check = {
  name: string
  verdict: Verdict
  /** One sentence with the numbers. */
  finding: string
  /** Why it is not well, and what to do about it; unset when it is. */
  cause?: string
  advice?: string
  /** The numbers behind the finding. */
  details: Record<string, unknown>
}

export type Trouble = { verdict: Exclude<Verdict, 'ok'>; cause: string; advice: string }

/** A check; the gravest of its troubles decides, the others are listed with it. */
export function checkOf(
  name: string,
  finding: string,
  details: Record<string, unknown>,
  troubles: readonly Trouble[] = [],
): Check {
  const verdict = worst(troubles.map((trouble) => trouble.verdict))
  if (troubles.length === 0) return { name, verdict, finding, details }
  const joined = (pick: (trouble: Trouble) => string) => [...new Set(troubles.map(pick))].join(' ')
  return {
    ...{ name, verdict, finding, details },
    cause: joined(({ cause }) => cause),
    advice: joined(({ advice }) => advice),
  }
}

/** The gravest; `ok` of none. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return VERDICTS.toReversed().find((verdict) => verdicts.includes(verdict)) ?? 'ok'
}

/** Whether a check could look at all. */
export const UNSEEN = 'Could not be checked'

/** A check that itself fails, for example because the database is gone, or exceeds its time, is a finding. */
export async function guarded(
  name: string,
  look: () => Promise<Check>,
  patienceMs = PATIENCE_MS,
): Promise<Check> {
  const giveUp = new AbortController()
  const tooLong = delay(patienceMs, undefined, { signal: giveUp.signal }).then(() => {
    throw new Error(`No response within ${patienceMs / 1000} seconds`)
  })
  tooLong.catch(() => undefined)
  try {
    return await Promise.race([look(), tooLong])
  } catch (error) {
    const cause = error instanceof Error ? error.message || error.name : String(error)
    const advice = 'See the database check; if that is OK, see the log of the server.'
    return checkOf(name, UNSEEN, {}, [{ verdict: 'failure', cause: `${cause}.`, advice }])
  } finally {
    giveUp.abort()
  }
}

export function count(rows: number, one = 'line', many = `${one}s`): string {
  return `${rows.toLocaleString('en-US')} ${rows === 1 ? one : many}`
}

export function bytes(size: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = size
  let unit = 0
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `12 minutes`, `3.5 hours`, `2 days`. */
export function span(minutes: number): string {
  const of = (value: number, unit: string) => {
    const shown = Number(value.toFixed(value < 10 ? 1 : 0))
    return `${shown} ${unit}${shown === 1 ? '' : 's'}`
  }
  if (minutes < 120) return of(Math.round(minutes), 'minute')
  return minutes < 48 * 60 ? of(minutes / 60, 'hour') : of(minutes / 1440, 'day')
}

/** `a, b, c and 4 more`. */
export function listed(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${names.length - most} more` : shown
}
