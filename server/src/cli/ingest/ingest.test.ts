// The command against a receiver that speaks the ingest protocol over real HTTP and loses replies on demand; the
// whole way into the database is tested with the server.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { LogRecord } from '@timelapser/logger'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeJsonRecords } from '../../ingest/json-records.ts'
import { ApiClient, ApiFailure } from '../client/api-client.ts'
import { FORMATS, type Format } from './ingest-decoder.ts'
import { ingestFiles } from './ingest-files.ts'
import { inspectFile, sourceNameOf } from './ingest-input.ts'
import type { ShiftMode } from './ingest-plan.ts'
import { IngestSender } from './ingest-sender.ts'
import { ingestStream } from './ingest-stream.ts'
import { IngestTally } from './ingest-tally.ts'

const KEY = randomUUID()
const NOW = '2025-06-01T12:00:00Z'
const NOW_SECONDS = Date.parse(NOW) / 1000

class Receiver {
  readonly stored: LogRecord[] = []
  readonly batches: { number: number; records: number; isImport: boolean }[] = []
  retentionDays = 30
  /** Records of a batch that a proxy on the way lets through. */
  maxRecords = Number.POSITIVE_INFINITY
  /** Replies to lose after storing. */
  repliesToLose = 0
  readonly #marks = new Map<string, number>()
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        (reply) => {
          if (reply === undefined) request.socket.destroy()
          else
            response
              .writeHead(reply.status, { 'content-type': 'application/json' })
              .end(JSON.stringify(reply.body))
        },
        () => request.socket.destroy(),
      )
    })
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown } | undefined> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const sent = Buffer.concat(chunks)
    if (request.headers.authorization !== `Bearer ${KEY}`) {
      return { status: 401, body: { success: false, message: 'no key' } }
    }
    if (request.url === '/api/settings') {
      if (request.method === 'PUT') this.retentionDays = JSON.parse(sent.toString()).retention_days
      return {
        status: 200,
        body: { success: true, message: '', data: { settings: { retention_days: this.retentionDays } } },
      }
    }
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
    const { records, rejections, rejectedCount } = decodeJsonRecords(body, { now: NOW })
    if (records.length > this.maxRecords)
      return { status: 413, body: { success: false, message: 'too large' } }
    const sender = String(request.headers['x-sender'])
    const number = Number(request.headers['x-batch'])
    if (number > (this.#marks.get(sender) ?? 0)) {
      this.#marks.set(sender, number)
      this.stored.push(...records)
      this.batches.push({ number, records: records.length, isImport: request.headers['x-import'] === 'true' })
    }
    if (this.repliesToLose > 0) {
      this.repliesToLose -= 1
      return undefined
    }
    const data = {
      accepted: records.length,
      rejected: rejections,
      rejected_count: rejectedCount,
      filtered: 0,
    }
    return { status: 200, body: { success: true, message: '', data } }
  }
}

let receiver: Receiver
let url: string
let folder: string
let tally: IngestTally

beforeEach(async () => {
  receiver = new Receiver()
  url = await receiver.start()
  folder = await mkdtemp(join(tmpdir(), 'ingest-'))
  tally = new IngestTally()
})

afterEach(async () => {
  await receiver.stop()
  await rm(folder, { recursive: true })
})

async function file(name: string, content: string | Buffer): Promise<string> {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

function connect(apiKey: string = KEY, retryForMs = 5000) {
  const client = new ApiClient({ url, apiKey })
  return {
    client,
    isImport: true,
    sender: new IngestSender({ client, tally, isImport: true, retryForMs, onOutage: () => {} }),
  }
}

type RunOptions = { format?: Format; shift?: ShiftMode; keepDays?: number; apiKey?: string; join?: boolean }

async function run(paths: string[], options: RunOptions = {}): Promise<string> {
  const files = []
  for (const path of paths) {
    const line = {
      now: NOW,
      source: sourceNameOf(path),
      undated: 'previous' as const,
      join: options.join ?? true,
    }
    files.push({ file: await inspectFile(path), format: options.format ?? ('auto' as const), line })
  }
  const { shift, keepDays } = options
  return ingestFiles({
    files,
    shift,
    keepDays,
    nowSeconds: NOW_SECONDS,
    tally,
    delivery: connect(options.apiKey),
  })
}

describe('files', () => {
  it('stores every line, plain or packed, and says so', async () => {
    const text = 'May 31 12:00:00 edge app: one\r\nMay 31 12:00:01 edge app: two\r\n'
    const plain = await file('app.log', text)
    const packed = await file('web.log.1.gz', gzipSync(text))
    const summary = await run([plain, packed])
    expect(receiver.stored.map((r) => [r.source, r.message])).toEqual([
      ['app', 'edge app: one'],
      ['app', 'edge app: two'],
      ['web', 'edge app: one'],
      ['web', 'edge app: two'],
    ])
    expect(receiver.batches.every(({ isImport }) => isImport)).toBe(true)
    expect(summary).toMatch(/^Read 4 lines of 2 files\.\nStored 4 records in [\d.]+ s/)
    expect(summary).toContain('Their times range from 2025-05-31T12:00:00Z to 2025-05-31T12:00:01Z.')
  })

  it('names rejected lines and keeps their neighbours', async () => {
    const path = await file(
      'a.ndjson',
      '{"msg":"a","time":1748700000}\n\n{}\nplain banner\n{"msg":"b\n{"msg":"c"}',
    )
    const summary = await run([path])
    expect(receiver.stored.map(({ message }) => message)).toEqual(['a', 'plain banner', '{"msg":"b', 'c'])
    expect(tally.rejected).toBe(1)
    expect(summary).toContain(`${path} line 3: the record is empty`)
  })

  it('takes nothing but JSON when told so', async () => {
    await run([await file('a.log', 'banner\n{"msg":"a"}\n')], { format: 'ndjson' })
    expect(receiver.stored.map(({ message }) => message)).toEqual(['a'])
    expect(tally.rejected).toBe(1)
  })

  it('takes JSON for text when told so', async () => {
    await run([await file('a.log', '{"msg":"a"}\n')], { format: 'text' })
    expect(receiver.stored.map(({ message }) => message)).toEqual(['{"msg":"a"}'])
  })

  it('sends 5,000 records a batch, in order', async () => {
    const lines = Array.from({ length: 12_345 }, (_, index) => `2025-05-31 12:00:00 line ${index}`)
    await run([await file('big.log', lines.join('\n'))])
    expect(receiver.batches.map(({ number, records }) => [number, records])).toEqual([
      [1, 5000],
      [2, 5000],
      [3, 2345],
    ])
    expect(receiver.stored.map(({ message }) => message)).toEqual(lines.map((_, index) => `line ${index}`))
  })

  it('keeps batches near 4 MB', async () => {
    const lines = Array.from(
      { length: 100 },
      (_, index) => `2025-05-31 12:00:00 ${index} ${'x'.repeat(100_000)}`,
    )
    await run([await file('wide.log', lines.join('\n'))])
    expect(receiver.stored).toHaveLength(100)
    expect(Math.max(...receiver.batches.map(({ records }) => records))).toBeLessThan(45)
  })

  it('sends a batch that is too large in halves, in order', async () => {
    receiver.maxRecords = 300
    const lines = Array.from({ length: 1000 }, (_, index) => `2025-05-31 12:00:00 line ${index}`)
    await run([await file('a.log', lines.join('\n'))])
    expect(receiver.batches.map(({ records }) => records)).toEqual([250, 250, 250, 250])
    expect(receiver.stored.map(({ message }) => message)).toEqual(lines.map((_, index) => `line ${index}`))
    expect(tally.stored).toBe(1000)
  })

  it('stores nothing twice though replies are lost', async () => {
    receiver.repliesToLose = 3
    const lines = Array.from({ length: 6000 }, (_, index) => `2025-05-31 12:00:00 line ${index}`)
    await run([await file('a.log', lines.join('\n'))])
    expect(receiver.repliesToLose).toBe(0)
    expect(receiver.stored).toHaveLength(6000)
    expect(tally.stored).toBe(6000)
  })

  it('gives up after its time with a sentence', async () => {
    const delivery = connect(KEY, 600)
    const path = await file('a.log', '2025-05-31 12:00:00 x')
    receiver.repliesToLose = 1000
    const files = [{ file: await inspectFile(path), format: 'auto' as const, line: { now: NOW } }]
    const outcome = ingestFiles({
      files,
      shift: undefined,
      keepDays: undefined,
      nowSeconds: NOW_SECONDS,
      tally,
      delivery,
    })
    await expect(outcome).rejects.toThrow(
      /^No response from http:\/\/127\.0\.0\.1:\d+: the connection was lost\./,
    )
  })

  it('says what is wrong with a key', async () => {
    const path = await file('a.log', 'x')
    await expect(run([path], { apiKey: 'other' })).rejects.toThrow(/does not accept this API key/)
    await expect(run([path], { apiKey: 'other' })).rejects.toBeInstanceOf(ApiFailure)
  })

  it('counts each line of a trace with the record it belongs to', async () => {
    const path = await file('a.log', '2025-05-31 12:00:00 ERROR no\n\tat a\n\tat b\n2025-05-31 12:00:01 up\n')
    expect(await run([path])).toMatch(/^Read 4 lines/)
    expect(receiver.stored.map(({ message }) => message)).toEqual(['ERROR no\n\tat a\n\tat b', 'up'])
  })
})

it.each(['utf16le', 'utf16be'])('reads a file in %s', async (encoding) => {
  const bytes = Buffer.from('\uFEFFGröße\nzwei\n', 'utf16le')
  await run([await file('a.log', encoding === 'utf16le' ? bytes : bytes.swap16())])
  expect(receiver.stored.map(({ message }) => message)).toEqual(['Größe', 'zwei'])
})

describe('lines older than what is kept', () => {
  const old = '2025-04-30 12:00:00 a\n2025-05-01 12:00:00 b\n2025-05-31 12:00:00 c\n'

  it('are counted, and nothing is sent', async () => {
    await expect(run([await file('a.log', old)])).rejects.toMatchObject({
      message:
        '2 of 3 records are older than the 30 days the server keeps (the oldest is of 2025-04-30T12:00:00Z) and would be deleted again. Nothing was sent. Use --shift-to-now or --keep-days 33.',
      exitCode: 2,
    })
    expect(receiver.batches).toEqual([])
  })

  it('are stored when the retention is raised far enough', async () => {
    await run([await file('a.log', old)], { keepDays: 33 })
    expect(receiver.retentionDays).toBe(33)
    expect(receiver.stored).toHaveLength(3)
  })

  it('are not stored when it is raised too little; it stays then', async () => {
    await expect(run([await file('a.log', old)], { keepDays: 31 })).rejects.toThrow(
      /^1 of 3 records are older than --keep-days 31 /,
    )
    expect(receiver.retentionDays).toBe(30)
  })

  it('are stored when everything is kept from now on', async () => {
    await run([await file('a.log', '1999-01-01 00:00:00 a')], { keepDays: 0 })
    expect(receiver.retentionDays).toBe(0)
    expect(receiver.stored).toHaveLength(1)
  })

  it('never lower the retention', async () => {
    receiver.retentionDays = 90
    await run([await file('a.log', old)], { keepDays: 33 })
    expect(receiver.retentionDays).toBe(90)
  })

  it('are fine where everything is kept', async () => {
    receiver.retentionDays = 0
    await run([await file('a.log', '1999-01-01 00:00:00 a')])
    expect(receiver.stored).toHaveLength(1)
  })
})

describe('--shift-to-now', () => {
  it('makes the newest line of all files now; the others keep their distance', async () => {
    const a = await file('a.log', '2005-01-01 00:00:00.5 a\n')
    const b = await file('b.log', '2005-01-02 00:00:00 b\n')
    await run([a, b], { shift: 'together' })
    expect(receiver.stored.map(({ timestamp }) => timestamp)).toEqual(['2025-05-31T12:00:00.5Z', NOW])
    expect(receiver.stored[0]?.extra_data?.original_timestamp).toBe('2005-01-01T00:00:00.5Z')
  })

  it('makes the newest line of each file now on request', async () => {
    const a = await file('a.log', '2005-01-01 00:00:00 a\n')
    const b = await file('b.log', '2015-01-02 00:00:00 b\n')
    await expect(run([a, b], { shift: 'together' })).rejects.toThrow(
      /^1 of 2 .* Use --keep-days 3654 or --shift-to-now each\.$/,
    )
    await run([a, b], { shift: 'each' })
    expect(receiver.stored.map(({ timestamp }) => timestamp)).toEqual([NOW, NOW])
  })

  it('finds the years of a file that is longer than one', async () => {
    const text = 'Mar  1 00:00:00 a\nDec  1 00:00:00 b\nFeb  1 00:00:00 c\nApr  1 00:00:00 d\n'
    await run([await file('a.log', text)], { keepDays: 500 })
    expect(receiver.stored.map(({ timestamp }) => timestamp.slice(0, 7))).toEqual([
      '2024-03',
      '2024-12',
      '2025-02',
      '2025-04',
    ])
  })
})

describe("a file's last change", () => {
  const changedAt = async (text: string, at: string) => {
    const path = await file('a.log', text)
    await utimes(path, new Date(at), new Date(at))
    receiver.retentionDays = 0
    await run([path])
    return receiver.stored.map(({ timestamp }) => timestamp)
  }

  it('is the end of times without a year', async () => {
    expect(await changedAt('Nov 29 01:00:00 a\nDec  1 01:00:00 b\n', '2022-12-01T01:00:05Z')).toEqual([
      '2022-11-29T01:00:00Z',
      '2022-12-01T01:00:00Z',
    ])
  })

  it('tells day from month', async () => {
    const text = '03/02/2025 01:00:00 a\n04/02/2025 01:00:00 b\n'
    expect(await changedAt(text, '2025-02-04T02:00:00Z')).toEqual([
      '2025-02-03T01:00:00Z',
      '2025-02-04T01:00:00Z',
    ])
  })

  it('is not believed where it is none', async () => {
    expect(await changedAt('Nov 29 01:00:00 a\n', '1985-10-26T08:15:00Z')).toEqual(['2024-11-29T01:00:00Z'])
  })
})

describe('a stream', () => {
  function stream(input: PassThrough, retentionDays: number | undefined = 30, format: Format = 'auto') {
    const { sender } = connect()
    return ingestStream({
      input,
      format,
      line: { now: NOW, source: 'worker' },
      retentionDays,
      tally,
      sender,
      now: () => NOW,
    })
  }

  async function until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + 10_000
    while (!condition()) {
      if (Date.now() > deadline) throw new Error('the condition was not met in 10 seconds')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  it('says how many lines are not UTF-8 and are read as Latin-1', async () => {
    const input = new PassThrough()
    const done = stream(input)
    input.end(Buffer.concat([Buffer.from('Maß\n'), Buffer.from('Größe\nPrüfung', 'latin1')]))
    expect(await done).toContain('\nRead 2 lines as Latin-1: not UTF-8.\n')
    expect(receiver.stored.map(({ message }) => message)).toEqual(['Maß', 'Größe', 'Prüfung'])
  })

  it('is sent while it goes on, half a line waiting for its rest', async () => {
    const input = new PassThrough()
    const done = stream(input)
    input.write('ERROR one\ntw')
    await until(() => receiver.stored.length === 1)
    expect(receiver.stored[0]).toMatchObject({
      message: 'ERROR one',
      level: 'ERROR',
      source: 'worker',
      timestamp: NOW,
    })
    input.end('o')
    expect(await done).toMatch(/^Read 2 lines of stdin\.\nStored 2 records/)
    expect(receiver.stored.map(({ message }) => message)).toEqual(['ERROR one', 'two'])
  })

  it('is stopped when it begins before what is kept', async () => {
    const input = new PassThrough()
    input.end('2005-01-01 00:00:00 a\n')
    await expect(stream(input)).rejects.toMatchObject({ exitCode: 2 })
    expect(receiver.batches).toEqual([])
  })

  it('gives a wrong clock in the middle the time of arrival, and counts it', async () => {
    const input = new PassThrough()
    input.end('2025-06-01 11:59:59 a\n1970-01-01 00:00:03 b\n2031-01-01 00:00:00 c\n')
    expect(await stream(input)).toContain('Set the time of arrival on 2 records with an impossible time.')
    expect(receiver.stored.map(({ timestamp }) => timestamp)).toEqual(['2025-06-01T11:59:59Z', NOW, NOW])
    expect(receiver.stored[1]?.extra_data?.original_timestamp).toBe('1970-01-01T00:00:03Z')
  })

  it.each(FORMATS)(
    'loses no line that cannot be sent again, whatever it holds: --format %s',
    async (format) => {
      const input = new PassThrough()
      const lines = [
        '{"msg":"whole"}',
        '{"msg":"half',
        '{}',
        `{"a":${'['.repeat(200)}${']'.repeat(200)}}`,
        'banner',
      ]
      input.end(lines.join('\n'))
      await stream(input, 30, format)
      const isRead = format === 'auto' || format === 'ndjson'
      expect(receiver.stored.map(({ message }) => message)).toEqual([
        isRead ? 'whole' : lines[0],
        ...lines.slice(1),
      ])
      expect(tally.rejected).toBe(0)
    },
  )

  it('that is empty stores nothing', async () => {
    const input = new PassThrough()
    input.end()
    expect(await stream(input)).toMatch(/^Read 0 lines of stdin\.\nStored 0 records/)
  })
})

it.each([
  ['/var/log/access.log.1.gz', 'access'],
  ['Apache.log', 'Apache'],
  ['syslog', 'syslog'],
  ['app-2025-01-01.ndjson', 'app-2025-01-01'],
  ['.log', 'import'],
  [`${'x'.repeat(300)}.log`, 'x'.repeat(100)],
])('a file %s is source %s', (path, source) => {
  expect(sourceNameOf(path)).toBe(source)
})
