// `node scripts/run.mjs file.ts …` and `node scripts/run.mjs vitest …`: with the Node and the imports of the workspaces.
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { CONDITION, ensurePackages, findNode, Problem, ROOT, run } from './toolchain.mjs'

await run(async () => {
  const [file, ...args] = process.argv.slice(2)
  if (!file) throw new Problem('Name a TypeScript file to run, or vitest.')
  await ensurePackages()
  const script = file === 'vitest' ? join(ROOT, 'node_modules/vitest/vitest.mjs') : resolve(file)
  const child = spawn(findNode(), [CONDITION, script, ...args], { stdio: 'inherit' })
  // The terminal tells the child itself; we wait for how it ends.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  process.exitCode = await new Promise((done) => {
    child.on('exit', (code) => done(code ?? 1))
  })
})
