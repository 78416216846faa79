// The package in python/: what a program of it sends is stored once, also when it is killed, forked or refused.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './support/server.ts'

const run = promisify(execFile)
const FOLDER = join(import.meta.dirname, '../../python')
const can = (python: string, code: string) => spawnSync(python, ['-c', code]).status === 0
// A system's own Python is the one that has the system's loguru.
const pythons = ['python3', '/usr/bin/python3']
const python3 = pythons.find((one) => can(one, 'import loguru')) ?? 'python3'
const hasPython = can(python3, 'import sys; assert sys.version_info >= (3, 8)')
const hasLoguru = can(python3, 'import loguru')

let server: TestServer
let folder: string
beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'timelapser-python-'))
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG' })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const environment = (url: string) => ({
  ...process.env,
  PYTHONPATH: [FOLDER, process.env.PYTHONPATH].filter(Boolean).join(delimiter),
  PYTHONDONTWRITEBYTECODE: '1',
  TIMELAPSER_LOGS_URL: url,
  TIMELAPSER_LOGS_API_KEY: server.apiKey,
})
const python = (script: string, url = server.url) =>
  run(python3, ['-c', script], { env: environment(url), timeout: 50_000 })
const stored = async (source: string) =>
  (await server.get(`/api/logs?limit=1000&source=${source}`)).body.data.logs
const messages = async (source: string): Promise<string[]> =>
  (await stored(source)).map(({ message }: { message: string }) => message)

/** The start of a program that logs; the end of the process delivers what waits. */
const shipping = (source: string, options = '') => `
import logging, os, sys, time
from timelapser_logs import Shipper, ShippingHandler, capture_uncaught, loguru_sink
shipper = Shipper(source="${source}", flush_seconds=0.05${options && `, ${options}`})
log = logging.getLogger("capture.pipeline")
log.setLevel(logging.DEBUG)
log.addHandler(ShippingHandler(shipper))
`
const spooling = (name: string) => `spool=${JSON.stringify(join(folder, name))}`

/** A server in front of the real one, which decides about each request. */
async function before(
  decide: (outgoing: ServerResponse, call: number) => 'answered' | 'pass' | 'lose',
): Promise<{ url: string; close: () => void }> {
  let calls = 0
  const proxy = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const decision = incoming.method === 'POST' ? decide(outgoing, ++calls) : 'pass'
    if (decision === 'answered') return
    const { host: _host, ...headers } = incoming.headers
    const { method } = incoming
    const onward = request(`${server.url}${incoming.url}`, { method, headers }, (answer) => {
      if (decision === 'lose') return void outgoing.destroy()
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    outgoing.on('close', () => onward.destroy())
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const close = () => void proxy.close().closeAllConnections()
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, close }
}

describe.skipIf(!hasPython)('the package for Python (skipped without python3)', () => {
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
    // Refuses the first, then loses the answer to what was stored; the pause is a date, as some proxies write it.
    const flaky = await before((outgoing, call) => {
      if (call === 2) return 'lose'
      if (call > 2) return 'pass'
      outgoing.writeHead(503, { 'retry-after': new Date().toUTCString() }).end()
      return 'answered'
    })
    const { stdout } = await python(
      `${shipping('py-retry')}
for n in range(700):
    log.info("line %d", n)
print(shipper.flush(40), shipper.delivered, shipper.dropped)
`,
      flaky.url,
    )
    flaky.close()
    expect(stdout.trim()).toMatch(/^True \d+ 0$/)
    const sent = await messages('py-retry')
    expect(new Set(sent).size).toBe(700)
    expect(sent).toHaveLength(700)
  })

  it('halves what is found too large, and sends each half once', async () => {
    let refusals = 0
    const narrow = await before((outgoing, call) => {
      if (call > 3) return 'pass'
      refusals++
      outgoing.writeHead(413).end()
      return 'answered'
    })
    const script = `${shipping('py-halves', spooling('halves'))}
for n in range(40):
    log.info("line %d", n)
print(shipper.flush(40), shipper.rejected)
`
    expect((await python(script, narrow.url)).stdout.trim()).toBe('True 0')
    narrow.close()
    expect(refusals).toBe(3)
    const lines = Array.from({ length: 40 }, (_, n) => `line ${n}`)
    expect((await messages('py-halves')).toSorted()).toEqual(lines.toSorted())
    expect(readdirSync(join(folder, 'halves'))).toEqual([])
  })

  it('sends each line once when it is killed while it halves a batch', { tags: ['long'] }, async () => {
    const narrow = await before((outgoing, call) => {
      if (call > 2) return 'pass'
      outgoing.writeHead(413).end()
      return 'answered'
    })
    const dying = `${shipping('py-halving', spooling('halving'))}
from timelapser_logs import spool
write = spool.SenderFolder.write_batch
def write_and_die(*arguments):
    write(*arguments)
    os.kill(os.getpid(), 9)
spool.SenderFolder.write_batch = write_and_die
for n in range(40):
    log.info("line %d", n)
shipper.flush(40)
`
    await expect(python(dying, narrow.url)).rejects.toMatchObject({ signal: 'SIGKILL' })
    await python(
      `${shipping('py-halving', spooling('halving'))}
while shipper.delivered < 40: time.sleep(0.02)
`,
      narrow.url,
    )
    narrow.close()
    const lines = Array.from({ length: 40 }, (_, n) => `line ${n}`)
    expect((await messages('py-halving')).toSorted()).toEqual(lines.toSorted())
    expect(readdirSync(join(folder, 'halving'))).toEqual([])
  })

  it('goes on with a spool that was deleted, and keeps what a full disk took of a batch', {
    tags: ['long'],
  }, async () => {
    let isAway = true
    const flaky = await before((outgoing) => {
      if (isAway) outgoing.destroy()
      return isAway ? 'answered' : 'pass'
    })
    // The limit of the size of files stands for a full disk: a write takes a part of a line, and the next one nothing.
    await python(
      `${shipping('py-disk', spooling('disk'))}
import resource, shutil
log.info("deleted with the folder")
shipper.flush(0.01)
shutil.rmtree(${JSON.stringify(join(folder, 'disk'))})
log.info("kept")
shipper.flush(0.01)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
for n in range(30): log.info("%d %s", n, "x" * 200)
os._exit(0)
`,
      flaky.url,
    )
    isAway = false
    await python(
      `${shipping('py-disk', spooling('disk'))}
while os.listdir(${JSON.stringify(join(folder, 'disk'))}) != [shipper._sender]: time.sleep(0.02)
`,
      flaky.url,
    )
    isAway = true
    const sent = (await messages('py-disk')).toReversed()
    expect(sent[0]).toBe('kept')
    expect(sent.length).toBeGreaterThan(3)
    expect(sent.slice(1)).toEqual(sent.slice(1).map((_, n) => `${n} ${'x'.repeat(200)}`))

    // The bound of the folder is also one of what is taken over.
    await python(
      `${shipping('py-disk', spooling('disk'))}for n in range(5): log.info("%d", n)\nos._exit(0)`,
      flaky.url,
    )
    const { stdout } = await python(
      `${shipping('py-disk', `${spooling('disk')}, max_spool_bytes=10`)}
while not shipper.dropped: time.sleep(0.02)
print(shipper.dropped, flush=True)
os._exit(0)
`,
      flaky.url,
    )
    flaky.close()
    expect(stdout.trim()).toBe('5')
  })

  it('takes lines that a signal handler or a value logs in the middle of a log call', async () => {
    const { stdout } = await python(`${shipping('py-within', `follow_levels=False, ${spooling('within')}`)}
import signal
shipper.levels.set({"log_level": "DEBUG", "overrides": [
    {"scope": "logger", "target": "other", "level": "DEBUG", "max_lines_per_minute": 9, "expires_at": "2026-11-30T12:00:00.1234Z"},
]})
class Camera:
    def __str__(self):
        log.info("within")
        return "9"
log.info("outer", extra={"camera_id": Camera()})
ticks = []
def tick(*_):
    ticks.append(1)
    log.info("tick")
signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
for n in range(600): log.info("line %d", n)
signal.setitimer(signal.ITIMER_REAL, 0)
print(shipper.flush(40), shipper.dropped, len(ticks))
`)
    const [isDelivered, dropped, ticks] = stdout.trim().split(' ')
    expect([isDelivered, dropped, Number(ticks) > 0]).toEqual(['True', '0', true])
    const sent = await messages('py-within')
    expect(sent.filter((one) => one === 'tick')).toHaveLength(Number(ticks))
    expect(new Set(sent.filter((one) => one.startsWith('line'))).size).toBe(600)
    expect(sent).toEqual(expect.arrayContaining(['outer', 'within']))
  })

  it('of a process that was killed leaves its lines to the next, which sends each once', async () => {
    // The first batch is stored, but its answer never comes.
    const silent = await before((_, call) => (call === 1 ? 'lose' : 'pass'))
    const down = await before((outgoing) => {
      outgoing.destroy()
      return 'answered'
    })
    const program = (lines: string) => `${shipping('py-killed', spooling('killed'))}
${lines}
print("written", flush=True)
time.sleep(60)
`
    const killed = async (lines: string, url: string) => {
      const child = spawn(python3, ['-c', program(lines)], {
        env: environment(url),
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await once(child, 'close')
    }
    await killed('for n in range(600): log.info("a %d", n)', down.url)
    down.close()
    // The destination is another: these lines are not sent there.
    await python(`${shipping('py-other', spooling('killed'))}log.info("mine")`, silent.url)
    silent.close()
    expect(await messages('py-killed')).toEqual([])
    expect(await messages('py-other')).toEqual(['mine'])

    // The port is taken again by a server that is there.
    const again = createServer((incoming, outgoing) => {
      const { host: _host, ...headers } = incoming.headers
      incoming.pipe(
        request(`${server.url}${incoming.url}`, { method: incoming.method, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
          answer.pipe(outgoing)
        }),
      )
    })
    await new Promise<void>((resolve) => again.listen(Number(new URL(down.url).port), '127.0.0.1', resolve))
    await python(
      `${shipping('py-next', spooling('killed'))}
log.info("next")
while len(os.listdir(${JSON.stringify(join(folder, 'killed'))})) > 1: time.sleep(0.02)
`,
      down.url,
    )
    again.close().closeAllConnections()
    const rows = await messages('py-killed')
    expect(new Set(rows).size).toBe(600)
    expect(rows).toHaveLength(600)
  })

  it('forks: the lines of before are the parent’s, each process sends its own', async () => {
    await python(`${shipping('py-fork', spooling('fork'))}
log.info("before")
child = os.fork()
if child == 0:
    log.info("child")
    shipper.close()
    os._exit(0)
log.info("parent")
os.waitpid(child, 0)
import multiprocessing
worker = multiprocessing.get_context("fork").Process(target=lambda: log.info("worker"))
worker.start(); worker.join()
def begin_late():
    # Only the end of the process sends it; a key from a file ends in a line feed.
    key = os.environ["TIMELAPSER_LOGS_API_KEY"] + "\\n"
    Shipper(source="py-fork", flush_seconds=60, api_key=key).send({"message": "late"})
late = multiprocessing.get_context("fork").Process(target=begin_late)
late.start(); late.join()
`)
    expect((await messages('py-fork')).toSorted()).toEqual(['before', 'child', 'late', 'parent', 'worker'])
    expect(readdirSync(join(folder, 'fork'))).toEqual([])
  })

  it('takes what JSON does not know, and an exception that nobody caught', async () => {
    await expect(
      python(`${shipping('py-odd')}
capture_uncaught(shipper)
class Broken:
    def __str__(self): raise ValueError
ring = []; ring.append(ring)
log.info("odd", extra={"nan": float("nan"), "ring": ring, "broken": Broken(), "set": {1}, "bytes": b"\\xff", "keys": {(1, 2): 3}, "line": "of the program", "logger_name": 5})
raise RuntimeError("nobody")
`),
    ).rejects.toThrow('RuntimeError: nobody')
    const [uncaught, odd] = await stored('py-odd')
    expect(odd.extra_data).toMatchObject({
      ...{ nan: 'nan', ring: ['...'], broken: '<Broken>', set: [1], bytes: '\ufffd', keys: { '(1, 2)': 3 } },
      line: 'of the program',
    })
    expect(uncaught).toMatchObject({ level: 'CRITICAL', message: 'uncaught RuntimeError: nobody' })
  })

  it('obeys the levels that are set while it runs, up to their cap', async () => {
    await server.send('PUT', '/api/levels', { log_level: 'WARNING' })
    const program = python(`${shipping('py-levels')}
def until(wanted):
    deadline = time.monotonic() + 40
    while shipper.is_enabled("DEBUG", camera_id=7) != wanted and time.monotonic() < deadline: time.sleep(0.02)
until(False)
log.info("held back", extra={"camera_id": 7})
print("ready", flush=True)
until(True)
for n in range(5): log.debug("debug %d", n, extra={"camera_id": 7})
log.debug("of another", extra={"camera_id": 8})
shipper.flush(40)
print("raised", flush=True)
until(False)
log.info("held back again", extra={"camera_id": 7})
`)
    const { stdout } = program.child
    await once(stdout ?? program.child, 'data')
    const override = { scope: 'camera', target: '7', level: 'DEBUG', minutes: 5, max_lines_per_minute: 4 }
    await server.send('PUT', '/api/levels', override)
    await once(stdout ?? program.child, 'data')
    await server.send('DELETE', '/api/levels/camera/7')
    await program
    await server.send('PUT', '/api/levels', { log_level: 'DEBUG' })
    expect(await messages('py-levels')).toEqual(['debug 3', 'debug 2', 'debug 1', 'debug 0'])
    const held = (await server.get('/api/logs?search=held%20back%3A&source=system')).body.data.logs[0]
    expect(held.message).toBe(
      '1 line was held back: camera 7 is raised to DEBUG for at most 4 lines a minute',
    )
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
