// `npm start`: from a fresh clone to a running server.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONDITION, ensurePackages, ensurePage, findNode, ROOT, run } from './toolchain.mjs'

await run(async () => {
  await ensurePackages()
  await ensurePage()
  const main = join(ROOT, 'server/src/cli/main.ts')
  const server = spawn(findNode(), [CONDITION, main, 'serve', ...process.argv.slice(2)], {
    // The channel tells the server when this process is gone, however it ended.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Ctrl-C reaches every process of the terminal's group, and the server by us as well: once is enough.
    detached: true,
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => server.kill(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM'))
  }
  // npm passes a signal on to its shell, which ends without telling us; killed, it leaves the shell behind as well.
  const starters = startersOf()
  if (process.env.npm_lifecycle_event) {
    setInterval(() => startersOf() === starters || server.kill('SIGTERM'), 250).unref()
  }
  process.exitCode = await new Promise((resolve) => {
    server.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
  })
})

/** Who runs us: npm, or npm's shell and npm. Where there is no /proc only the nearest is known. */
function startersOf() {
  const parent = process.ppid
  try {
    // Without a shell between, npm's own parent may go: a terminal that is closed on a server to be kept.
    if (!readFileSync(`/proc/${parent}/cmdline`, 'utf8').includes('start.mjs')) return `${parent}`
    const [, status = ''] = readFileSync(`/proc/${parent}/stat`, 'utf8').split(/.*\) /s)
    return `${parent} ${status.split(' ')[1]}`
  } catch {
    return `${parent}`
  }
}
