import { InvalidArgumentError } from 'commander'

/** One more `--camera <id>`. */
export function collectCamera(text: string, before: readonly number[] | undefined): number[] {
  return [...(before ?? []), toWhole(text)]
}

/** `all`, or ids with commas between. */
export function parseGrants(text: string): number[] | null {
  return text === 'all' ? null : text.split(',').map((id) => toWhole(id.trim()))
}

/** A number of digits alone; whether it is too small or too large is the server's to say. */
export function toWhole(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`"${text}" is not a whole number.`)
}

/** Which logs somebody sees, for people. */
export function describeGrants(cameras: readonly number[] | null): string {
  return cameras === null
    ? 'all logs'
    : `${cameras.length === 1 ? 'camera' : 'cameras'} ${cameras.join(', ')}`
}
