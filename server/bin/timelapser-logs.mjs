#!/usr/bin/env node
// The command. In the workspace it runs the TypeScript as it is, installed from a package what was compiled of it.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import checkNode from './check-node.cjs'
import { takeKey } from './hide-key.mjs'
import { onStartersGone } from './starters.mjs'

const args = takeKey(process.argv.slice(2))

// No `await` here: a Node that is too old would refuse the file before it could get our error.
if (existsSync(fileURLToPath(new URL('../src/cli/main.ts', import.meta.url)))) runInWorkspace()
else {
  checkNode.checkToRun()
  onStartersGone(() => process.kill(process.pid, 'SIGTERM'))
  import('../dist/program/main.js')
}

async function runInWorkspace() {
  const { hasPackages, Problem, ROOT, run } = await import('../../scripts/toolchain.mjs')
  const { COMMAND, runProgram } = await import('../../scripts/run-program.mjs')
  await run(async () => {
    if (!hasPackages())
      throw new Problem(`The packages are not installed. Run npm start in ${ROOT} first, or npm ci.`)
    await runProgram(COMMAND, args)
  })
}
