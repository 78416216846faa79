// Before the server's package is made (`npm pack -w server`): the logger it stands on, its own code, and the page.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePackages, ensurePage, findNode, Problem, ROOT, run, step } from './toolchain.mjs'

await run(async () => {
  await ensurePackages()
  await ensurePage()
  for (const workspace of ['logger', 'server']) {
    rmSync(join(ROOT, workspace, 'dist'), { recursive: true, force: true })
    const { status } = spawnSync('npm', ['run', 'build', '--silent', '--workspace', workspace], {
      cwd: ROOT,
      stdio: 'inherit',
      // npm is a script on Windows.
      shell: process.platform === 'win32',
    })
    if (status !== 0) throw new Problem(`The ${workspace} does not compile.`)
  }
  const program = ['server/dist/program', 'server/dist/cli/main.js'].map((path) => join(ROOT, path))
  await step('Building the server', findNode(), [join(ROOT, 'scripts/bundle.mjs'), ...program])
  cpSync(join(ROOT, 'web/dist'), join(ROOT, 'server/dist/page'), {
    recursive: true,
    filter: (path) => !path.endsWith('.source-hash'),
  })
})
