// `npm test`: types, style and the tests, on a fresh clone too. `npm run test:long` (`--long`): the tests that are slow by
// nature. Other arguments go to vitest.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureChromium } from './ensure-chromium.mjs'
import { testFiles } from './test-files.mjs'
import {
  CONDITION,
  ensurePackages,
  ensurePage,
  ensureProgram,
  findNode,
  Problem,
  ROOT,
  run,
  step,
} from './toolchain.mjs'

const isLong = process.argv.includes('--long')
const others = process.argv.slice(2).filter((argument) => argument !== '--long')
/** The project names of vitest.config.ts; if the arguments name a project, only that project runs. */
const projects = (name) =>
  others.some((argument) => argument.startsWith('--project')) ? [] : ['--project', name]

await run(async () => {
  const began = Date.now()
  await ensurePackages()
  await ensureChromium()
  const node = findNode()
  const bin = (path) => join(ROOT, 'node_modules', path)
  const checks = isLong
    ? [() => ensurePage(), () => ensureProgram()]
    : [
        () => step('Type check', node, [bin('typescript/bin/tsc'), '-p', 'tsconfig.json']),
        () => step('Type check of the page', node, [bin('typescript/bin/tsc'), '-p', 'web/tsconfig.json']),
        () => step('Lint', node, [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']),
        () => step('Search for unused code', node, [bin('knip/bin/knip.js'), '--no-progress']),
        () => ensurePage(),
        () => ensureProgram(),
      ]
  let failed = 0
  for (const check of checks) failed += await check().then(() => 0, reportFailure)
  const runs = isLong
    ? [projects('long *'), [...projects('!long *'), '--tagsFilter', 'long', ...filesWithLongTests()]]
    : [[...projects('!long *'), '--tagsFilter', '!long']]
  let passed = 0
  for (const args of runs) {
    const tests = await runTests(node, bin('vitest/vitest.mjs'), args)
    passed += tests.passed
    failed += tests.failed
  }
  console.log(`\nTook ${Math.round((Date.now() - began) / 1000)} s`)
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
})

/** A check that fails counts as one and does not keep the others from running. */
function reportFailure(error) {
  if (!(error instanceof Problem)) throw error
  console.error(error.message)
  return 1
}

/** The files of which some tests have the tag: the others need not be loaded to skip all of theirs. */
function filesWithLongTests() {
  return testFiles().filter((file) => readFileSync(join(ROOT, file), 'utf8').includes("tags: ['long']"))
}

async function runTests(node, vitest, projectsAndTags) {
  const folder = mkdtempSync(join(tmpdir(), 'timelapser-results-'))
  const results = join(folder, 'results.json')
  try {
    const args = [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
    const code = await new Promise((resolve) => {
      const child = spawn(node, [CONDITION, ...args, ...projectsAndTags, ...others], {
        cwd: ROOT,
        stdio: 'inherit',
      })
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal))
      child.on('exit', (status) => resolve(status ?? 1))
    })
    if (!existsSync(results)) return { passed: 0, failed: 1 }
    const report = JSON.parse(readFileSync(results, 'utf8'))
    // A file that cannot be loaded or set up fails without a test of it that does.
    const broken = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    )
    const failed = report.numFailedTests + broken.length
    return { passed: report.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
