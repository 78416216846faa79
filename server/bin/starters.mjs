// npm passes a signal on to its shell, which ends without telling the program; killed, it leaves the shell behind as well.
import { readFileSync } from 'node:fs'

const LOOK_MS = 250
const SHELLS = ['sh', 'dash', 'bash', 'ash', 'busybox']

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

/** The processes that run us: npm, or npm's shell and npm. Where there is no /proc only the nearest is known. */
function startersOf() {
  const parent = process.ppid
  try {
    // Without a shell between, npm's own parent may go: a terminal that is closed on a server to be kept.
    const [, name = '', status = ''] =
      /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) || []
    return SHELLS.includes(name) ? `${parent} ${status.split(' ')[1]}` : `${parent}`
  } catch {
    return `${parent}`
  }
}
