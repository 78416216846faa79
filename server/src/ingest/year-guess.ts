import { type Civil, civilSeconds, isCivil } from './utc-text.ts'

const DAY = 86_400
/** Leap days are eight years apart around 1900 and 2100. */
const YEARS_BACK = 9
/** Lines stand in order, give or take a few days; further back means that a new year began. */
const DISORDER_DAYS = 7
/** A line this much later in the year, right after a new year, is a straggler of the old year. */
const STRAGGLER_DAYS = 300

/**
 * Finds the years of lines that carry none (`Jun 14 15:16:01`): the newest year that is not in the future, and
 * over a new year within a file it counts on.
 */
export class YearGuess {
  /** The year of the first line. */
  first: number | undefined
  /** New years passed since. */
  rollovers = 0
  /** Seconds since 1970; it moves on with the lines of a stream. */
  nowSeconds: number
  readonly #isFixed: boolean
  #current: number | undefined
  #lastDay = 0
  #last: Civil | undefined

  /** @param first the year of the first line, where the whole file was looked through before. */
  constructor(nowSeconds: number, first?: number) {
    this.nowSeconds = nowSeconds
    this.#isFixed = first !== undefined
    this.#current = first
    this.first = first
  }

  /** The line's time with its year; undefined when the day exists in no year. */
  resolve(civil: Civil): Civil | undefined {
    const day = dayOfYear(civil)
    if (this.#current === undefined) {
      this.#current = this.#newest(civil)
      this.first = this.#current
    } else if (day - this.#lastDay > STRAGGLER_DAYS && this.rollovers > 0) {
      return valid({ ...civil, year: this.#current - 1 })
    } else if (this.#lastDay - day > DISORDER_DAYS) {
      this.rollovers += 1
      this.#current += 1
    }
    if (this.#current === undefined) return undefined
    this.#lastDay = day
    this.#last = civil
    const resolved = { ...civil, year: this.#current }
    if (isCivil(resolved) && (this.#isFixed || !this.#isFuture(resolved))) return resolved
    const newest = this.#newest(civil)
    if (newest !== undefined && !this.#isFixed) this.#current = newest
    return newest === undefined ? undefined : { ...civil, year: newest }
  }

  /** The year of the first line, now that the last line is known; undefined when no line asked. */
  firstYearInHindsight(): number | undefined {
    const newest = this.#last === undefined ? undefined : this.#newest(this.#last)
    return newest === undefined ? undefined : newest - this.rollovers
  }

  #newest(civil: Civil): number | undefined {
    const thisYear = new Date(this.nowSeconds * 1000).getUTCFullYear()
    for (let year = thisYear + 1; year > thisYear - YEARS_BACK; year -= 1) {
      const candidate = { ...civil, year }
      if (isCivil(candidate) && !this.#isFuture(candidate)) return year
    }
    return undefined
  }

  /** A day's grace: the line's zone may be ahead, and its clock too. */
  #isFuture(civil: Civil): boolean {
    return civilSeconds(civil) > this.nowSeconds + DAY
  }
}

function valid(civil: Civil): Civil | undefined {
  return isCivil(civil) ? civil : undefined
}

function dayOfYear(civil: Civil): number {
  return Math.floor(civilSeconds({ ...civil, year: 2000 }) / DAY)
}
