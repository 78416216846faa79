// What the options of `ingest` accept; each throws the sentence that commander prints.
import { InvalidArgumentError } from 'commander'
import { readCameraId } from '../../ingest/record-fields.ts'
import { type NaiveClock, zoneClock } from '../../ingest/time-zone.ts'
import { LONGEST_RETENTION_DAYS } from './ingest-plan.ts'

export function toSource(text: string): string {
  if (text === '' || [...text].length > 100) throw new InvalidArgumentError('It takes 1 to 100 characters.')
  return text
}

export function toCameraId(text: string): number {
  const id = readCameraId(text)
  if (id === undefined) throw new InvalidArgumentError('It takes a whole number from 1 to 2147483647.')
  return id
}

export function toDays(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > LONGEST_RETENTION_DAYS)
    throw new InvalidArgumentError('It takes whole days, at most 36500; 0 keeps everything.')
  return Number(text)
}

export function toSeconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It takes whole seconds.')
  return Number(text)
}

export function toClock(zone: string): NaiveClock {
  try {
    return zoneClock(zone)
  } catch {
    throw new InvalidArgumentError('It takes an IANA name such as Europe/Berlin or America/New_York.')
  }
}
