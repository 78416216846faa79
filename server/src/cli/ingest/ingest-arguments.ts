// Parsers for the options of `ingest`; each throws the sentence that commander prints.
import { InvalidArgumentError } from 'commander'
import type { InferredLevel } from '../../ingest/inference/infer-level.ts'
import { compileTime, type InferredTime } from '../../ingest/inference/infer-time.ts'
import { readCameraId } from '../../ingest/record-fields.ts'
import { type NaiveClock, zoneClock } from '../../ingest/time-zone.ts'
import { LONGEST_RETENTION_DAYS } from './ingest-plan.ts'

export function toSource(text: string): string {
  if (text === '' || [...text].length > 100)
    throw new InvalidArgumentError('It must be 1 to 100 characters long.')
  return text
}

export function toCameraId(text: string): number {
  const id = readCameraId(text)
  if (id === undefined) throw new InvalidArgumentError('It must be a whole number from 1 to 2147483647.')
  return id
}

export function toDays(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > LONGEST_RETENTION_DAYS)
    throw new InvalidArgumentError('It must be whole days, at most 36500; 0 keeps everything.')
  return Number(text)
}

export function toSeconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be whole seconds.')
  return Number(text)
}

export function toClock(zone: string): NaiveClock {
  try {
    return zoneClock(zone)
  } catch {
    throw new InvalidArgumentError('It must be an IANA name such as Europe/Berlin or America/New_York.')
  }
}

/** How far into a line a time of the given form is looked for. */
const TIME_WITHIN = 200

export function toTimeForm(template: string): InferredTime {
  const form: InferredTime = { parts: [{ place: { kind: 'first', until: TIME_WITHIN }, template }] }
  if (compileTime(form) === undefined)
    throw new InvalidArgumentError(
      'It must be a time format such as `DD.MM.YYYY hh:mm:ss,fff`, or `epoch s`, `epoch ms`, `epoch us`, `epoch ns`.',
    )
  return form
}

export function toLevelForm(field: string): InferredLevel {
  const column = /^[1-9]\d?$/.test(field) ? Number(field) : undefined
  if (column !== undefined) return { from: 'line', index: column - 1, part: 'whole' }
  if (!/^[\w.@-]{1,64}$/.test(field))
    throw new InvalidArgumentError(
      'It must be the number of a column (the first is 1) or the name of a key such as `lvl`.',
    )
  return { key: field }
}
