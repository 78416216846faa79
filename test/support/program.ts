import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { ROOT } from '../repository/source-files.ts'
import { bareEnvironment } from './bare-environment.ts'

/** The file that `npm start` runs. */
export const MAIN = join(ROOT, 'server/.bundle/main.js')

/** Runs a program as in a container of its own: its processes are not those that others see. */
export const OTHER_CONTAINER = ['unshare', '--pid', '--fork', '--mount-proc']

/** Whether this machine lets the tests make such. */
export const hasContainers = spawnSync('unshare', [...OTHER_CONTAINER.slice(1), 'true']).status === 0

export type Program = {
  pid: number
  /** Everything it has printed. */
  output: () => string
  /** Where it listens; rejects with its output when it ends before. */
  ready: Promise<string>
  /** Its exit code, or the name of the signal that ended it. */
  ended: Promise<number | string>
  kill: (signal: NodeJS.Signals) => void
}

export type ProgramOptions = {
  env?: Record<string, string>
  args?: string[]
  uid?: number
  gid?: number
  /** A command that runs it, such as `unshare` with its arguments. */
  within?: string[]
}

/** Starts the real program as people do, on a free port; ended with the test if it still runs. */
export function startProgram(options: ProgramOptions): Program {
  const program = launchProgram(options)
  onTestFinished(async () => {
    program.kill('SIGTERM')
    await program.ended
  })
  return program
}

/** The same for the tests of a whole file, which end it themselves. */
export function launchProgram({
  env = {},
  args = ['serve'],
  uid,
  gid,
  within = [],
}: ProgramOptions): Program {
  const command = [...within, process.execPath, '--conditions=timelapser-source', MAIN, ...args]
  const child = spawn(command[0] as string, command.slice(1), {
    env: { ...bareEnvironment, PORT: '0', ...env },
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  })
  return follow(child)
}

/** Reads what a child of ours prints. */
export function follow(child: ChildProcess): Program {
  let output = ''
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
  const ready = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const url = /Address +(https?:\S+)[\s\S]*Database/.exec(output)?.[1]
        if (url) resolve(url)
      })
    }
    void ended.then(() => reject(new Error(`It ended before it was ready:\n${output}`)))
  })
  // A test that expects the program to end does not wait for it to be ready.
  ready.catch(() => undefined)
  return { pid: child.pid ?? 0, output: () => output, ready, ended, kill: (signal) => child.kill(signal) }
}

/**
 * A folder every user can enter, as the user that runs root's PostgreSQL must: it would put its data elsewhere, to
 * stay.
 */
export function makeFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `timelapser-${name}-`))
  chmodSync(folder, 0o711)
  return folder
}

/** A folder of the test's own, which every user can enter. */
export function temporaryFolder(): string {
  const folder = makeFolder('e2e')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
