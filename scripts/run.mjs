// `node scripts/run.mjs file.ts …` and `node scripts/run.mjs vitest …`: with the Node and the imports of the workspaces.
import { join, resolve } from 'node:path'
import { takeKey } from '../server/bin/hide-key.mjs'
import { COMMAND, runProgram } from './run-program.mjs'
import { ensurePackages, ensureProgram, Problem, ROOT, run } from './toolchain.mjs'

await run(async () => {
  const [file, ...args] = process.argv.slice(2)
  if (!file) throw new Problem('Name a TypeScript file to run, or vitest.')
  const isVitest = file === 'vitest'
  const script = isVitest ? join(ROOT, 'node_modules/vitest/vitest.mjs') : resolve(file)
  const open = script === COMMAND ? takeKey(args) : args
  await ensurePackages()
  // The tests start it.
  if (isVitest) await ensureProgram()
  // vitest has channels of its own to the processes it starts.
  await runProgram(script, open, { watched: !isVitest })
})
