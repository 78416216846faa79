/** A value that an entry records. */
export type DiffLine = { name: string; before: string | null; after: string | null }

/** The values of an entry, before and after; null where there was, or is, none. */
export function diffOf(before: unknown, after: unknown): DiffLine[] {
  const [old, now] = [valuesOf(before), valuesOf(after)]
  const names = [...new Set([...old.keys(), ...now.keys()])]
  return names.map((name) => ({ name, before: old.get(name) ?? null, after: now.get(name) ?? null }))
}

/** The values that differ; for something new or gone, all values that are set. */
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
