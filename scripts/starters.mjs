// npm passes a signal on to its shell, which ends without telling the script; killed, it leaves the shell behind as well.
import { readFileSync } from 'node:fs'

const LOOK_MS = 250

/** Calls back once when npm, or its shell, is gone; returns what ends the watch. Does nothing outside of npm. */
export function onStartersGone(callback) {
  if (!process.env.npm_lifecycle_event) return () => undefined
  const starters = startersOf()
  const timer = setInterval(() => {
    if (startersOf() === starters) return
    clearInterval(timer)
    callback()
  }, LOOK_MS).unref()
  return () => clearInterval(timer)
}

/** Who runs us: npm, or npm's shell and npm. Where there is no /proc only the nearest is known. */
function startersOf() {
  const parent = process.ppid
  try {
    // Without a shell between, npm's own parent may go: a terminal that is closed on a server to be kept.
    if (!readFileSync(`/proc/${parent}/cmdline`, 'utf8').includes('scripts/')) return `${parent}`
    const [, status = ''] = readFileSync(`/proc/${parent}/stat`, 'utf8').split(/.*\) /s)
    return `${parent} ${status.split(' ')[1]}`
  } catch {
    return `${parent}`
  }
}
