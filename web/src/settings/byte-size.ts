const UNITS = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['kiB', 1024],
  ['bytes', 1],
] as const

/** The largest unit that divides it, so that what was typed comes back as it was typed. */
export function unitOf(bytes: number): { size: number; name: string } {
  const [name, size] = UNITS.find(([, size]) => bytes >= size && bytes % size === 0) ?? UNITS[0]
  return { name, size }
}

/** `1.4 GiB`. */
export function formatBytes(bytes: number): string {
  const [name, size] = UNITS.find(([, size]) => bytes >= size) ?? UNITS[3]
  const amount = bytes / size
  return `${amount.toLocaleString(undefined, { maximumFractionDigits: amount < 10 ? 1 : 0 })}\u00a0${name}`
}

export const BYTE_UNITS = UNITS.map(([name, size]) => [size, name] as const)
