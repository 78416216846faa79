/** One value that an entry tells of. */
export type DiffLine = { name: string; before: string | null; after: string | null }

/** What an entry tells, value by value; null where there was, or is, none. */
export function diffOf(before: unknown, after: unknown): DiffLine[] {
  const [old, now] = [valuesOf(before), valuesOf(after)]
  const names = [...new Set([...old.keys(), ...now.keys()])]
  return names.map((name) => ({ name, before: old.get(name) ?? null, after: now.get(name) ?? null }))
}

/** Those that are not as they were; of something new or gone, all that say something. */
export function changesOf(lines: readonly DiffLine[]): DiffLine[] {
  return lines.filter(({ before, after }) => before !== after)
}

function valuesOf(value: unknown): Map<string, string> {
  if (value === null || value === undefined) return new Map()
  if (typeof value !== 'object' || Array.isArray(value)) return new Map([['', textOf(value)]])
  const set = Object.entries(value).filter(([, one]) => one !== null && one !== undefined)
  return new Map(set.map(([name, one]) => [name, textOf(one)]))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
