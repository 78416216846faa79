import { execFile, spawnSync } from 'node:child_process'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './support/server.ts'

const run = promisify(execFile)
const FOLDER = join(import.meta.dirname, '../../examples')
const hasPython = spawnSync('python3', ['--version']).status === 0
const hasLoguru = spawnSync('python3', ['-c', 'import loguru']).status === 0

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG' })
})
afterAll(() => server.close())

const python = (script: string, url = server.url) =>
  run('python3', ['-c', script], {
    env: {
      ...process.env,
      PYTHONPATH: [FOLDER, process.env.PYTHONPATH].filter(Boolean).join(delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
      URL: url,
      KEY: server.apiKey,
    },
    timeout: 15_000,
  })
const stored = async (source: string) =>
  (await server.get(`/api/logs?limit=1000&source=${source}`)).body.data.logs

/** The start of a program that logs; the end of the process delivers what waits. */
const shipping = (source: string) => `
import logging, os
from loguru_sink import Shipper, ShippingHandler, loguru_sink
shipper = Shipper(os.environ["URL"], os.environ["KEY"], source="${source}", flush_seconds=0.05)
log = logging.getLogger("capture.pipeline")
log.setLevel(logging.DEBUG)
log.addHandler(ShippingHandler(shipper))
`

describe.skipIf(!hasPython)('examples/loguru_sink.py (skipped without python3)', () => {
  it("ships what Python's logging logs, with columns, traceback and microseconds", async () => {
    await python(`${shipping('py-logging')}
log.warning("slow: %s ms", 910, extra={"camera_id": 3, "frame": {"n": 1}})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it broke")
`)
    const [broke, slow] = await stored('py-logging')
    expect(slow).toMatchObject({
      level: 'WARNING',
      message: 'slow: 910 ms',
      camera_id: 3,
      logger_name: 'capture.pipeline',
    })
    expect(slow.extra_data).toMatchObject({ frame: { n: 1 }, function: '<module>' })
    expect(slow.timestamp).toMatch(/\.\d{4,6}Z$/)
    expect(broke).toMatchObject({ level: 'ERROR', message: 'it broke' })
    expect(broke.extra_data.exception).toContain('ZeroDivisionError')
  })

  it('sends a batch again until it is stored, and has it stored once', async () => {
    let calls = 0
    // Refuses the first, then loses the answer to what was stored.
    const flaky = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
      calls += 1
      // A date, as some proxies write it.
      const asked = { 'retry-after': new Date().toUTCString() }
      if (calls === 1) return void outgoing.writeHead(503, asked).end()
      const { host: _host, ...headers } = incoming.headers
      const onward = request(`${server.url}${incoming.url}`, { method: 'POST', headers }, (answer) => {
        if (calls === 2) return void outgoing.destroy()
        outgoing.writeHead(answer.statusCode ?? 500)
        answer.pipe(outgoing)
      })
      incoming.pipe(onward)
    })
    await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve))
    const { port } = flaky.address() as AddressInfo
    const { stdout } = await python(
      `${shipping('py-retry')}
for n in range(700):
    log.info("line %d", n)
print(shipper.flush(), shipper.delivered, shipper.dropped)
`,
      `http://127.0.0.1:${port}`,
    )
    flaky.close()
    expect(stdout.trim()).toMatch(/^True \d+ 0$/)
    const rows = await stored('py-retry')
    expect(new Set(rows.map(({ message }: { message: string }) => message)).size).toBe(700)
    expect(rows).toHaveLength(700)
  })

  it.skipIf(!hasLoguru)('ships what loguru logs (skipped without loguru)', async () => {
    await python(`${shipping('py-loguru')}
from loguru import logger
logger.remove()
logger.add(loguru_sink(shipper), level="TRACE")
logger.bind(camera_id=4, job="night").success("done")
`)
    expect((await stored('py-loguru'))[0]).toMatchObject({ level: 'INFO', message: 'done', camera_id: 4 })
  })
})
