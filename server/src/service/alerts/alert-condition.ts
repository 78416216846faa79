import { type Static, Type } from 'typebox'
import { AppError } from '../app-error.ts'
import { OneOf } from './one-of.ts'

const CONDITION_KINDS = ['any', 'count', 'silence', 'share', 'number', 'new', 'usual'] as const
type Kind = (typeof CONDITION_KINDS)[number]
const MEASURES = ['min', 'max', 'mean', 'p95'] as const
export type Measure = (typeof MEASURES)[number]

/** The widest window, all windows of a condition together, and the longest silence: a day, a day and a week. */
const MAX_WINDOW_MINUTES = 1440
const MAX_SILENCE_MINUTES = 10_080

/** The most that a threshold may be, on either side of zero. */
const MAX_THRESHOLD = 1_000_000_000

/** Days that a condition `usual` may compare with, and unless it says otherwise. */
const MAX_USUAL_DAYS = 14
const MIN_USUAL_DAYS = 3
const USUAL_DAYS = 7

/** Keys of `extra_data` as the search names them, with dots between. */
const FIELD = '^[^\\s.:"()]+(\\.[^\\s.:"()]+)*$'

export const AlertConditionSchema = Type.Object(
  {
    kind: OneOf(
      CONDITION_KINDS,
      'any: a line matches; count: a number of lines match; silence: none does; share: a share of the lines of another search match; number: a number in extra_data; new: a kind of message that was never seen before; usual: more lines than at this time of the last days',
    ),
    over: Type.Optional(
      Type.Number({
        minimum: -MAX_THRESHOLD,
        maximum: MAX_THRESHOLD,
        description: 'Fires above it: lines of count, percent of share, the measure of number',
      }),
    ),
    under: Type.Optional(
      Type.Number({
        minimum: -MAX_THRESHOLD,
        maximum: MAX_THRESHOLD,
        description: 'Fires below it: lines of count, percent of share, the measure of number',
      }),
    ),
    times: Type.Optional(
      Type.Number({
        minimum: 1.1,
        maximum: 1000,
        description:
          'For usual: fires above this multiple; for silence: after this multiple of the usual gap between lines, and after minutes at least',
      }),
    ),
    minutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_SILENCE_MINUTES,
        description:
          'Length of the window, or of the silence; of any and new: quiet minutes after which it is over',
      }),
    ),
    of: Type.Optional(
      Type.String({
        maxLength: 4000,
        pattern: '^[^?#\\s]*$',
        description: 'For share: the lines that the share is taken of, in the form of query',
      }),
    ),
    field: Type.Optional(
      Type.String({
        maxLength: 200,
        pattern: FIELD,
        description: 'For number: its keys in extra_data with dots between, such as camera.temperature',
      }),
    ),
    measure: Type.Optional(OneOf(MEASURES, 'For number: what is compared; mean unless given')),
    days: Type.Optional(
      Type.Integer({
        minimum: MIN_USUAL_DAYS,
        maximum: MAX_USUAL_DAYS,
        description: `For usual: days to compare with; ${USUAL_DAYS} unless given`,
      }),
    ),
    timezone: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 60,
        description: 'For usual: the IANA zone whose clock says which time is the same; UTC unless given',
      }),
    ),
    at_least: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_THRESHOLD,
        description:
          'A window with fewer decides nothing: lines of the whole for share, numbers for number; of usual: lines that it takes to fire',
      }),
    ),
    for: Type.Optional(
      Type.Object(
        {
          windows: Type.Integer({ minimum: 1, maximum: 100 }),
          of: Type.Integer({ minimum: 2, maximum: 100 }),
        },
        {
          additionalProperties: false,
          description: 'Fires when it is so in this many of the last windows, which follow one another',
        },
      ),
    ),
  },
  { additionalProperties: false },
)
export type AlertCondition = Static<typeof AlertConditionSchema>

/** How many of the last adjoining windows have to meet the condition. */
type Windows = { needed: number; of: number }
type Sided = { side: 'over' | 'under'; threshold: number; minutes: number; windows: Windows }

/** A condition with everything it needs. */
export type Condition =
  | { kind: 'any' | 'new'; minutes: number }
  /** With `times`: that multiple of the usual gap, and the minutes at least. */
  | { kind: 'silence'; minutes: number; times: number | null }
  | { kind: 'over'; threshold: number; minutes: number; windows: Windows }
  | { kind: 'under'; threshold: number; minutes: number; windows: Windows }
  | ({ kind: 'share'; of: string; atLeast: number } & Sided)
  | ({ kind: 'number'; field: string; measure: Measure; atLeast: number } & Sided)
  | {
      kind: 'usual'
      threshold: number
      minutes: number
      days: number
      timezone: string
      atLeast: number
      windows: Windows
    }

/** A condition that is decided for windows. */
export type WindowCondition = Extract<Condition, { windows: Windows }>

/** Quiet minutes after which an incident is over, unless the rule says otherwise. */
const ANY_MINUTES = 5
const NEW_MINUTES = 60

/** Lines of the whole of a share, and lines above the usual, unless the rule says otherwise: few say nothing. */
const SHARE_AT_LEAST = 20
const USUAL_AT_LEAST = 20

const ONE_WINDOW: Windows = { needed: 1, of: 1 }

/** The fields that each kind has beside `kind` and `minutes`. */
const FIELDS: Record<Kind, readonly (keyof AlertCondition)[]> = {
  any: [],
  new: [],
  silence: ['times'],
  count: ['over', 'under', 'for'],
  share: ['over', 'under', 'for', 'of', 'at_least'],
  number: ['over', 'under', 'for', 'field', 'measure', 'at_least'],
  usual: ['times', 'days', 'timezone', 'for', 'at_least'],
}

/** @throws {AppError} INVALID_REQUEST that names the part of the condition that is missing or too much */
export function conditionOf(asked: AlertCondition): Condition {
  const { kind } = asked
  for (const [field, value] of Object.entries(asked)) {
    const name = field as keyof AlertCondition
    if (value === undefined || name === 'kind' || name === 'minutes' || FIELDS[kind].includes(name)) continue
    const kinds = CONDITION_KINDS.filter((one) => FIELDS[one].includes(name))
    throw invalid(`condition.${field} goes with the kind ${kinds.join(' or ')} alone`)
  }
  if (kind === 'silence') return { kind, minutes: required(asked, 'minutes'), times: asked.times ?? null }
  if (kind === 'any' || kind === 'new') {
    const minutes = asked.minutes ?? (kind === 'any' ? ANY_MINUTES : NEW_MINUTES)
    if (minutes > MAX_WINDOW_MINUTES) throw tooWide()
    return { kind, minutes }
  }
  const minutes = required(asked, 'minutes')
  const windows = windowsOf(asked, minutes)
  if (kind === 'usual') {
    const { days = USUAL_DAYS, timezone = 'UTC', at_least: atLeast = USUAL_AT_LEAST } = asked
    return { kind, threshold: required(asked, 'times'), minutes, days, timezone, atLeast, windows }
  }
  const { side, threshold } = sideOf(asked)
  if (kind === 'count') return countOf(side, threshold, minutes, windows)
  if (kind === 'share') {
    const of = required(asked, 'of')
    if (threshold < 0 || threshold > 100)
      throw invalid(`condition.${side} of a share is from 0 to 100 percent`)
    const atLeast = asked.at_least ?? SHARE_AT_LEAST
    return { kind, of, side, threshold, minutes, atLeast, windows }
  }
  const { measure = 'mean', at_least: atLeast = 1 } = asked
  return { kind, field: required(asked, 'field'), measure, side, threshold, minutes, atLeast, windows }
}

function countOf(side: 'over' | 'under', threshold: number, minutes: number, windows: Windows): Condition {
  const least = side === 'over' ? 0 : 1
  if (!Number.isInteger(threshold) || threshold < least) {
    throw invalid(`condition.${side} of a count is a whole number of lines from ${least} on`)
  }
  return { kind: side, threshold, minutes, windows }
}

function sideOf({ kind, over, under }: AlertCondition): Pick<Sided, 'side' | 'threshold'> {
  if (over !== undefined && under === undefined) return { side: 'over', threshold: over }
  if (under !== undefined && over === undefined) return { side: 'under', threshold: under }
  throw invalid(`condition needs either over or under with the kind ${kind}`)
}

function windowsOf({ for: asked }: AlertCondition, minutes: number): Windows {
  if (minutes > MAX_WINDOW_MINUTES) throw tooWide()
  if (!asked) return ONE_WINDOW
  const { windows, of } = asked
  if (windows > of) throw invalid(`condition.for.windows is ${windows}, more than condition.for.of, ${of}`)
  if (of * minutes > MAX_WINDOW_MINUTES) {
    throw invalid(
      `condition.for.of windows of ${minutes} minutes are ${of * minutes} minutes, and at most ${MAX_WINDOW_MINUTES} (a day) are looked at`,
    )
  }
  return { needed: windows, of }
}

function required<K extends keyof AlertCondition>(
  asked: AlertCondition,
  field: K,
): NonNullable<AlertCondition[K]> {
  const value = asked[field]
  if (value === undefined || value === null) {
    throw invalid(`condition.${field} is missing: the kind ${asked.kind} needs it`)
  }
  return value
}

/** Whether a condition is decided for windows. */
export function hasWindows(condition: Condition): condition is WindowCondition {
  return 'windows' in condition
}

/** Minutes that all windows of a condition last together. */
export function spanOf({ minutes, windows }: WindowCondition): number {
  return minutes * windows.of
}

function tooWide(): AppError {
  return invalid(`condition.minutes is at most ${MAX_WINDOW_MINUTES} (a day); only silence may be longer`)
}

function invalid(sentence: string): AppError {
  return new AppError('INVALID_REQUEST', `${sentence}.`)
}
