import { readFileSync, writeFileSync } from 'node:fs'

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
