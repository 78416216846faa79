import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onStartersGone } from '../server/bin/starters.mjs'
import { CONDITION, findNode } from './toolchain.mjs'

const END_WITH_STARTER = new URL('../server/bin/end-with-starter.mjs', import.meta.url)

/** Runs a script with the imports of the workspaces, for as long as this process and npm above it live. */
export async function runProgram(script, args, { watched = true } = {}) {
  const child = spawn(
    findNode(),
    [CONDITION, ...(watched ? [`--import=${END_WITH_STARTER}`] : []), script, ...args],
    {
      stdio: watched ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
      env: watched ? { ...process.env, TIMELAPSER_LOGS_STARTER: `${process.pid}` } : process.env,
    },
  )
  // The terminal signals the child itself; we wait for its end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const stopWatching = onStartersGone(() => child.kill('SIGTERM'))
  process.exitCode = await new Promise((done) => {
    child.on('exit', (code) => done(code ?? 1))
  })
  stopWatching()
}

/** The command's own file. */
export const COMMAND = fileURLToPath(new URL('../server/src/cli/main.ts', import.meta.url))
