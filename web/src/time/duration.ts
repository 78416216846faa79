const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

// A number and its unit are not parted by the end of a line.
const SPACE = '\u00a0'

/** `3 h 20 min`, `45 s`: the two largest units, the second only if it is not zero. */
export function formatDuration(milliseconds: number): string {
  const rest = Math.max(0, milliseconds)
  const at = UNITS.findIndex(([, size]) => rest >= size)
  const [name, size] = UNITS[at] ?? UNITS[3]
  if (at === -1) return `0${SPACE}s`
  const amount = Math.floor(rest / size)
  const [smaller, smallerSize] = UNITS[at + 1] ?? [null, 1]
  const remainder = smaller === null ? 0 : Math.floor((rest - amount * size) / smallerSize)
  const more = remainder > 0 && amount < 10 ? ` ${remainder}${SPACE}${smaller}` : ''
  return `${amount}${SPACE}${name}${more}`
}
