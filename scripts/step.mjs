// A program that is run as one step of a script: says what it does and how far it is, and is ended with the script.
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onStartersGone } from '../server/bin/starters.mjs'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }
/** How often progress is shown: a terminal is written over, a log file gets a line each time. */
const TERMINAL_MS = 500
const LOG_MS = 15_000
/** The time that an interrupted program may take to end before it is killed. */
const PATIENCE_MS = 10_000

/** A sentence for the terminal; printed without a stack. */
export class Problem extends Error {}

/**
 * Runs a program and says so; shows what it printed only if it fails. A script that is interrupted meanwhile ends it, with
 * all the processes it started.
 */
export async function step(title, command, args, { progress, ...options } = {}) {
  const began = Date.now()
  const seconds = (digits) => ((Date.now() - began) / 1000).toFixed(digits)
  const isTerminal = process.stdout.isTTY
  const tell = () => {
    const text = `${title}${progress ? `: ${progress()}` : ''} … ${seconds(0)} s`
    process.stdout.write(isTerminal ? `\r\x1b[K${text}` : `${text}\n`)
  }
  if (isTerminal || progress) tell()
  const timer = setInterval(tell, isTerminal ? TERMINAL_MS : LOG_MS)
  const { code, output } = await capture(command, args, options).finally(() => {
    clearInterval(timer)
    if (isTerminal) process.stdout.write('\r\x1b[K')
  })
  if (code !== 0) {
    process.stdout.write(output)
    throw new Problem(`${title} failed; the reason is above.`)
  }
  console.log(`${title}: ${seconds(1)} s`)
}

function capture(command, args, options) {
  return new Promise((done, fail) => {
    const ownGroup = process.platform !== 'win32'
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own processes end with it by the id of their group.
      detached: ownGroup,
      // npm is a script on Windows.
      shell: !ownGroup && command.endsWith('.cmd'),
      ...options,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    let exitCode
    const send = (signal) => {
      try {
        process.kill(ownGroup ? -child.pid : child.pid, signal)
      } catch {
        // It has ended.
      }
    }
    const interrupt = (signal) => {
      if (exitCode !== undefined) return
      exitCode = SIGNALS[signal]
      send('SIGTERM')
      setTimeout(send, PATIENCE_MS, 'SIGKILL').unref()
    }
    for (const signal of Object.keys(SIGNALS)) process.on(signal, interrupt)
    const stopWatching = onStartersGone(() => interrupt('SIGTERM'))
    const settle = () => {
      for (const signal of Object.keys(SIGNALS)) process.off(signal, interrupt)
      stopWatching()
      if (exitCode !== undefined) process.exit(exitCode)
    }
    child.on('error', (error) => {
      settle()
      fail(new Problem(`${command} cannot be run: ${error.message}`))
    })
    child.on('close', (code) => {
      settle()
      done({ code, output })
    })
  })
}

/** Runs `main`; a problem becomes its sentence and exit code 1. */
export async function run(main) {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
