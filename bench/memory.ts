import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Begins a new measurement of `peakMegabytes`. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** The most memory a process has had in use since `forgetPeak`. */
export function peakMegabytes(pid: number): number {
  return statusOf(pid, 'VmHWM')
}

/** The memory a process has in use. */
export function megabytes(pid: number): number {
  return statusOf(pid, 'VmRSS')
}

function statusOf(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024)
}

/** A process and all it started, in order of their ids. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const parent = statField(Number(entry), 1)
    if (parent !== undefined) parents.set(Number(entry), parent)
  }
  const isWithin = (pid: number): boolean => {
    if (pid === root) return true
    const parent = parents.get(pid)
    return parent !== undefined && isWithin(parent)
  }
  return [...parents.keys()].filter(isWithin).sort((a, b) => a - b)
}

/** Bytes of a process, of which what several share counts for each by its share: PSS. */
export type MemoryParts = { own: number; files: number; shared: number; total: number }

export function memoryParts(pid: number): MemoryParts {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const bytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN) * 1024
  return { own: bytes('Pss_Anon'), files: bytes('Pss_File'), shared: bytes('Pss_Shmem'), total: bytes('Pss') }
}

/** Time of the cores a process has taken so far; `stat` counts hundredths of a second. */
export function cpuSeconds(pid: number): number {
  return ((statField(pid, 11) ?? 0) + (statField(pid, 12) ?? 0)) / 100
}

/** How a process calls itself: PostgreSQL's say what they do. */
export function processName(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  if (words.startsWith('postgres: ')) return words.replace(' [local]', '')
  return (words.split(' ', 1)[0] ?? '').replace(/^.*\//, '')
}

/** A field of `stat`, counted from the one after the name; undefined when the process is gone. */
function statField(pid: number, index: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[index])
  } catch {
    return undefined
  }
}
