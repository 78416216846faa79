#!/usr/bin/env node
// The command. In the workspace it runs the TypeScript as it is, installed from a package what was compiled of it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hideKey } from './hide-key.mjs'

const source = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

const { args, key } = hideKey(process.argv.slice(2))
if (key !== undefined) {
  process.env.TIMELAPSER_LOGS_API_KEY = key
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...args)
  // Written over what the process list shows.
  process.title = 'timelapser-logs'
}

if (existsSync(source)) {
  const { CONDITION, findNode } = await import('../../scripts/toolchain.mjs')
  const child = spawn(findNode(), [CONDITION, source, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
} else {
  await import('../dist/cli/main.js')
}
