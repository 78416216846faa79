// `npm run test:each`: runs every test file by itself once, and names those that fail alone. Takes half an hour or more. Arguments
// narrow it to the files whose path contains one of them.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureChromium } from './ensure-chromium.mjs'
import { testFiles } from './test-files.mjs'
import { CONDITION, ensurePackages, ensurePage, ensureProgram, findNode, ROOT, run } from './toolchain.mjs'

await run(async () => {
  await ensurePackages()
  await ensureChromium()
  await ensurePage()
  await ensureProgram()
  const node = findNode()
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const wanted = process.argv.slice(2)
  const files = testFiles().filter(
    (file) => wanted.length === 0 || wanted.some((part) => file.includes(part)),
  )
  const failed = []
  for (const [index, file] of files.entries()) {
    const began = Date.now()
    const { status, stdout, stderr } = spawnSync(node, [CONDITION, vitest, 'run', file], {
      ...{ cwd: ROOT, encoding: 'utf8', maxBuffer: 256 * 1024 ** 2 },
    })
    const seconds = Math.round((Date.now() - began) / 1000)
    console.log(`${index + 1}/${files.length} ${status === 0 ? 'passed' : 'FAILED'} ${file}: ${seconds} s`)
    if (status === 0) continue
    failed.push(file)
    console.log(stdout + stderr)
  }
  if (failed.length > 0) console.log(`\nFail alone:\n${failed.map((file) => `  ${file}`).join('\n')}`)
  console.log(`\n${files.length - failed.length} passed, ${failed.length} failed`)
  if (failed.length > 0) process.exitCode = 1
})
