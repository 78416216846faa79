// The columns that a rule sets from a field: level, time and camera.
import { type Json, type LogRecord, parseLevel } from '@timelapser/logger'
import { compileTemplate } from '../inference/time-template.ts'
import { nearestLevel } from '../nearest-level.ts'
import { readCameraId, readTimestamp } from '../record-fields.ts'
import { readTimeForm, toInstant, type WrittenTime } from '../time-forms.ts'
import { type NaiveClock, utcClock, zoneClock } from '../time-zone.ts'
import { secondsOf } from '../utc-text.ts'
import { YearGuess } from '../year-guess.ts'
import { type ActionRunner, fieldOf, RuleFailed } from './action.ts'
import { readField, textOf } from './line-fields.ts'
import { type ParseAction, ParseRuleError } from './parse-rule.ts'

export function setLevel(action: ParseAction, path: string): ActionRunner {
  if (action.value !== undefined) {
    const level = parseLevel(action.value)
    if (level === undefined) throw new ParseRuleError(`${path}.value`, 'is not a level')
    onlyValue(action, path)
    return (line) => {
      line.record = { ...line.record, level }
    }
  }
  const field = fieldOf(action, path)
  const levels = new Map(
    Object.entries(action.values ?? {}).map(([value, name]) => {
      const level = parseLevel(name)
      if (level === undefined) throw new ParseRuleError(`${path}.values.${value}`, 'is not a level')
      return [value.toLowerCase(), level] as const
    }),
  )
  return (line) => {
    const value = readField(line, field)
    if (value === undefined || value === '') return
    const text = textOf(value).trim().toLowerCase()
    // Where a table says what numbers mean, others are none: 418 is no level of Monolog's among statuses of HTTP.
    const isOther = levels.size > 0 && /^\d+$/.test(text)
    const level = levels.get(text) ?? (isOther ? undefined : nearestLevel(value))
    if (level === undefined) throw new RuleFailed(`${field} has no valid level`)
    line.record = { ...line.record, level }
  }
}

export function setTime(action: ParseAction, path: string): ActionRunner {
  const field = fieldOf(action, path)
  const clock = clockOf(action.zone, `${path}.zone`)
  const template = action.format === undefined ? undefined : compileTemplate(action.format)
  if (action.format !== undefined && template === undefined) {
    throw new ParseRuleError(
      `${path}.format`,
      'is not a time format such as DD.MM.YYYY hh:mm:ss,fff or epoch ms',
    )
  }
  if (template && !template.hasDate) throw new ParseRuleError(`${path}.format`, 'has no date')
  return (line) => {
    const value = readField(line, field)
    if (value === undefined || value === '') return
    const text = textOf(value).trim()
    const written = template ? template.readAt(text, 0) : readTimeForm(text)
    const isWhole = written !== undefined && written.end === text.length
    const timestamp = isWhole
      ? instantOf(written, clock, line.record)
      : template
        ? undefined
        : readTimestamp(value)
    if (timestamp === undefined) throw new RuleFailed(`${field} does not match this time format`)
    line.record = { ...line.record, timestamp }
  }
}

/** A time without a year is of the year that is nearest before the time the line came with. */
function instantOf(written: WrittenTime, clock: NaiveClock, record: LogRecord): string | undefined {
  if ('utc' in written) return written.utc
  const { civil, zone } = written
  const whole = civil.year === 0 ? new YearGuess(secondsOf(record.timestamp)).resolve(civil) : civil
  return whole && toInstant(whole, zone, clock)
}

function clockOf(zone: string | undefined, path: string): NaiveClock {
  if (zone === undefined) return utcClock
  try {
    return zoneClock(zone)
  } catch {
    throw new ParseRuleError(path, 'is not an IANA time zone such as Europe/Berlin')
  }
}

export function setCamera(action: ParseAction, path: string): ActionRunner {
  if (action.value !== undefined) {
    const camera_id = readCamera(action.value)
    if (camera_id === undefined) throw new ParseRuleError(`${path}.value`, 'is not a camera id')
    onlyValue(action, path)
    return (line) => {
      line.record = { ...line.record, camera_id }
    }
  }
  const field = fieldOf(action, path)
  const cameras = new Map(
    Object.entries(action.values ?? {}).map(([value, written]) => {
      const id = readCamera(written)
      if (id === undefined) throw new ParseRuleError(`${path}.values.${value}`, 'is not a camera id')
      return [value.toLowerCase(), id] as const
    }),
  )
  return (line) => {
    const value = readField(line, field)
    if (value === undefined || value === '') return
    const camera_id = cameras.get(textOf(value).trim().toLowerCase()) ?? readCamera(value)
    if (camera_id === undefined) throw new RuleFailed(`${field} has no valid camera`)
    line.record = { ...line.record, camera_id }
  }
}

/** An id, or `camera_3` as sources have it. */
function readCamera(value: Json): number | undefined {
  return readCameraId(typeof value === 'string' ? value.trim().replace(/^camera_/i, '') : value)
}

function onlyValue({ field, values }: ParseAction, path: string): void {
  if ((field ?? values) !== undefined)
    throw new ParseRuleError(`${path}.value`, 'cannot be combined with field and values')
}
