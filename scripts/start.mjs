// `npm start`: from a fresh clone to a running server.
import { spawn } from 'node:child_process'
import { onStartersGone } from '../server/bin/starters.mjs'
import { CONDITION, ensurePackages, ensurePage, ensureProgram, findNode, PROGRAM, run } from './toolchain.mjs'

await run(async () => {
  await ensurePackages()
  await ensurePage()
  await ensureProgram()
  const server = spawn(findNode(), [CONDITION, PROGRAM, 'serve', ...process.argv.slice(2)], {
    // The closed channel informs the server when this process is gone, in any way it ended.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Ctrl-C reaches every process of the terminal's group, and the server by us as well: once is enough.
    detached: true,
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => server.kill(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM'))
  }
  const stopWatching = onStartersGone(() => server.kill('SIGTERM'))
  process.exitCode = await new Promise((resolve) => {
    server.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
  })
  stopWatching()
})
