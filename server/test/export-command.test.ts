import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { endOf, runCommand, startCommand } from './support/command.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
let folder: string

beforeAll(async () => {
  server = await startTestServer()
  folder = await mkdtemp(join(tmpdir(), 'timelapser-export-'))
  const lines = Array.from({ length: 300 }, (_, index) => ({
    message: `line ${index}`,
    level: index % 3 ? 'INFO' : 'ERROR',
    camera_id: 1 + (index % 2),
    timestamp: new Date(Date.now() - (300 - index) * 60_000).toISOString(),
  }))
  await server.send('POST', '/api/logs', lines)
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: string[]) => runCommand(server, args)

it('writes what matches to a file, in the format of its name, and to stdout', async () => {
  const packed = join(folder, 'errors.ndjson.gz')
  const told = await run('export', '--level', 'error', '--since', '90m', '-o', packed, '--json')
  expect(told).toMatchObject({ code: 0, stderr: '' })
  const rows = gunzipSync(await readFile(packed))
    .toString()
    .trim()
    .split('\n')
  expect(JSON.parse(told.stdout)).toMatchObject({ file: packed, rows: rows.length, removed: 0 })
  expect(rows.length).toBeGreaterThanOrEqual(29)
  expect(rows.every((row) => JSON.parse(row).level === 'ERROR')).toBe(true)

  const csv = join(folder, 'one.csv')
  expect((await run('export', '-q', 'camera:2 -level:error', '-o', csv)).stdout).toMatch(
    /^Wrote 100 rows \([\d,]+ bytes\) to .*one\.csv in /,
  )
  expect(await readFile(csv, 'utf8')).toMatch(/^id,timestamp,level,source/)

  const piped = await run('export', '--camera', '1', '--fields', 'level,message', '--order', 'newest')
  expect(piped.stdout.split('\n')[0]).toBe('{"level":"INFO","message":"line 298"}')
  expect(piped.stdout.split('\n').length).toBe(151)
  expect(piped.stderr).toContain('Wrote 150 rows')
})

it('takes an export in again with ingest', { tags: ['long'] }, async () => {
  const again = await startTestServer()
  try {
    const file = join(folder, 'all.ndjson')
    await run('export', '-o', file)
    expect(await runCommand(again, ['ingest', file])).toMatchObject({ code: 0 })
    const copy = join(folder, 'copy.ndjson')
    await runCommand(again, ['export', '-o', copy])
    expect(await readFile(copy, 'utf8')).toBe(await readFile(file, 'utf8'))
  } finally {
    await again.close()
  }
})

it('leaves no packed file behind when the export breaks off, and says so', async () => {
  const broken = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-export-total': '10' })
    response.write('{"message":"one"}\n')
    setImmediate(() => response.destroy())
  })
  await once(broken.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`
  const args = ['export', '-o', join(folder, 'broken.csv')]
  const { code, stderr } = await runCommand({ url, apiKey: server.apiKey }, args)
  broken.close()
  expect(code).toBe(1)
  expect(stderr).toMatch(/^The export was interrupted after 18 bytes: .* run it again\.\n$/)
  expect((await readdir(folder)).filter((name) => name.startsWith('broken'))).toEqual([])
})

it('ends at Ctrl-C, and a file that cannot be gone on with ends too', async () => {
  let waiting = 0
  const slow = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-export-total': '10' })
    response.write('{"message":"one"}\n')
    waiting++
  })
  await once(slow.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`
  const child = startCommand({ url, apiKey: server.apiKey }, ['export', '-o', join(folder, 'slow.csv')])
  const ended = endOf(child)
  await expect.poll(() => waiting).toBe(1)
  await expect.poll(async () => readFile(join(folder, 'slow.csv.part'), 'utf8').catch(() => '')).not.toBe('')
  child.kill('SIGINT')
  const { code, stderr } = await ended
  slow.closeAllConnections()
  slow.close()
  expect([code, stderr]).toEqual([1, expect.stringContaining('it was interrupted')])
  expect((await readdir(folder)).filter((name) => name.startsWith('slow'))).toEqual([])
})

it.each([
  [['--level', 'loud'], 'Invalid log level'],
  [['--fields', 'password'], 'There is no column password'],
  [['-o', '/nowhere/at/all'], 'The folder of /nowhere/at/all does not exist.'],
  [['--since', 'someday'], '--since "someday" is not a time'],
])('refuses %j with a sentence', async (args, sentence) => {
  const { code, stderr } = await run('export', ...args)
  expect([code, stderr]).toEqual([1, expect.stringContaining(sentence)])
})

it('goes on where an export broke off, within lines of one instant too', { tags: ['long'] }, async () => {
  const source = await startTestServer()
  try {
    const instant = new Date(Date.now() - 3_600_000).toISOString()
    await source.send(
      'POST',
      '/api/logs',
      Array.from({ length: 200 }, (_, index) => ({
        // Some are alike to the letter, and a hundred are of one instant.
        message: `line ${index >> 1} ${'ä'.repeat(index)}`.slice(0, 12),
        level: 'INFO',
        source: 'resumed',
        timestamp: index > 50 && index < 150 ? instant : new Date(Date.parse(instant) + (index - 100) * 1000),
      })),
    )
    const args = ['export', '--source', 'resumed', '--resume', '-o']
    const whole = join(folder, 'whole.ndjson')
    expect((await runCommand(source, [...args, whole])).code).toBe(0)
    const text = await readFile(whole)
    const cuts = [0, 1, 30, text.indexOf('\n') + 1, text.length >> 1, text.length - 1, text.length]
    for (const cut of cuts) {
      const file = join(folder, `cut-${cut}.ndjson`)
      await writeFile(`${file}.part`, text.subarray(0, cut))
      const { code, stdout } = await runCommand(source, [...args, file])
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^Wrote 200 rows /)])
      expect(await readFile(file, 'utf8'), `cut at ${cut}`).toBe(text.toString())
    }
  } finally {
    await source.close()
  }
})

it('goes on with what was asked for alone, and with its times as they were', { tags: ['long'] }, async () => {
  const asked: string[] = []
  const broken = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-export-total': '10' })
    response.write('{"timestamp":"2026-01-31T12:00:00Z","message":"one"}\n')
    setImmediate(() => response.destroy())
  })
  await once(broken.listen(0, '127.0.0.1'), 'listening')
  const to = { url: `http://127.0.0.1:${(broken.address() as AddressInfo).port}`, apiKey: server.apiKey }
  const file = join(folder, 'asked.ndjson')
  const ask = (...args: string[]) => runCommand(to, ['export', '-o', file, '--until', '1s', ...args])
  await ask('--level', 'error')
  const other = await ask('--level', 'info', '--resume')
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('started with other filters')])
  await ask('--resume', '--level', 'error')
  broken.close()
  const questions = asked.map((path) => new URL(path, to.url).searchParams)
  expect(questions.map((one) => [one.get('level'), one.get('start_date')])).toEqual([
    ['error', null],
    ['error', '2026-01-31T12:00:00Z'],
  ])
  expect(questions[1]?.get('end_date')).toBe(questions[0]?.get('end_date'))
  const whole = await run('export', '-o', file, '--until', '1s', '--level', 'error', '--resume')
  expect(whole.code).toBe(0)
  expect((await readdir(folder)).filter((name) => name.startsWith('asked.ndjson'))).toEqual(['asked.ndjson'])
})

it('keeps what came of NDJSON when the export breaks off, and says how to go on', async () => {
  const broken = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-export-total': '10' })
    response.write('{"message":"one"}\n')
    setImmediate(() => response.destroy())
  })
  await once(broken.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`
  const file = join(folder, 'kept.ndjson')
  const { stderr } = await runCommand({ url, apiKey: server.apiKey }, ['export', '-o', file])
  broken.close()
  expect(stderr).toMatch(/--resume continues with .*kept\.ndjson\.part\.\n$/)
  expect(await readFile(`${file}.part`, 'utf8')).toBe('{"message":"one"}\n')
  expect((await run('export', '-o', file, '--resume')).stderr).toContain('holds lines without a timestamp')
  expect((await run('export', '-o', 'x.csv', '--resume')).stderr).toContain('--resume requires a file')
})
