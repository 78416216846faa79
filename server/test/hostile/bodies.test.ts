// Bodies that are small as they are sent and much as they are taken apart; docs/security.md has the figures.
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peakMegabytes } from '../../../bench/memory.ts'
import { MAX_VALUES_A_BODY } from '../../src/ingest/body-limits.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { KEY, type ServerProcess, startProcess, stopProcess } from '../support/server-process.ts'

const MAX_MEGABYTES = 450
const MB = 1024 * 1024

let database: TestDatabase
let server: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startProcess(database.url)
}, 120_000)
afterAll(async () => {
  await stopProcess(server)
  await database.close()
})

async function post(path: string, body: Buffer, type: string, key = KEY) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': type, 'content-encoding': 'gzip' },
    body: new Uint8Array(gzipSync(body, { level: 1 })),
  })
  return { status: response.status, text: await response.text() }
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
const json = async (path: string): Promise<any> =>
  (await fetch(server.url + path, { headers: { authorization: `Bearer ${KEY}` } })).json()

async function createKey(): Promise<string> {
  const response = await fetch(`${server.url}/api/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'another', scope: 'ingest' }),
  })
  return ((await response.json()) as { data: { secret: string } }).data.secret
}

/** As many repeats as fit into the given bytes. */
const filled = (before: string, repeated: string, after = '', bytes = 4 * MB) =>
  Buffer.from(before + repeated.repeat(Math.floor((bytes - 1000) / repeated.length)) + after)

/** 4 MB of two bytes over and over, as a snappy block. */
function snappyOf(pair: readonly [number, number]): Buffer {
  const length = 4 * MB - 64
  const varint = [
    (length & 127) | 128,
    ((length >> 7) & 127) | 128,
    ((length >> 14) & 127) | 128,
    length >> 21,
  ]
  const literal = [(63 << 2) | 0, ...Array.from({ length: 64 }, (_, index) => pair[index % 2] as number)]
  literal.splice(0, 1, 60 << 2, 63)
  const copy = Buffer.from([(63 << 2) | 2, 64, 0])
  return Buffer.concat([Buffer.from([...varint, ...literal]), Buffer.alloc((length / 64 - 1) * 3, copy)])
}

describe('a body of more than a body may have is answered with 413, and nothing of it is stored', () => {
  it.each([
    ['2 million lines of text', '/api/logs', 'text/plain', filled('', 'a\n')],
    ['2 million lines that are no JSON', '/api/logs', 'application/x-ndjson', filled('', 'a\n')],
    ['1.4 million empty objects', '/api/logs', 'application/json', filled('[', '{},', '{}]')],
    ['1.4 million empty arrays', '/api/logs', 'application/json', filled('[', '[],', '[]]')],
    ['2 million lines', '/_bulk', 'application/x-ndjson', filled('', 'a\n')],
    ['actions without documents', '/_bulk', 'application/x-ndjson', filled('', '{"index":{}}\n')],
    [
      '1.4 million empty records',
      '/v1/logs',
      'application/json',
      filled('{"resourceLogs":[{"scopeLogs":[{"logRecords":[', '{},', '{}]}]}]}'),
    ],
    [
      '1.4 million empty values',
      '/loki/api/v1/push',
      'application/json',
      filled('{"streams":[{"stream":{"a":"b"},"values":[', '[],', '[]]}]}'),
    ],
    [
      '1.4 million empty streams',
      '/loki/api/v1/push',
      'application/json',
      filled('{"streams":[', '{},', '{}]}'),
    ],
    ['1.4 million empty events', '/api/events/raw', 'application/json', filled('{"Events":[', '{},', '{}]}')],
    ['2 million lines', '/api/events/raw', 'application/vnd.serilog.clef', filled('', 'a\n')],
    [
      'labels of 60 kB that each of 50,000 lines gets',
      '/loki/api/v1/push',
      'application/json',
      Buffer.from(
        `{"streams":[{"stream":{"a":"${'x'.repeat(60_000)}"},"values":[${'["1700000000000000000","a"],'.repeat(50_000)}["1700000000000000000","a"]]}]}`,
      ),
    ],
  ])('%s to %s', async (_, path, type, body) => {
    const { status, text } = await post(path, body, type)
    expect([status, text.slice(0, 300)]).toEqual([
      413,
      expect.stringMatching(/over [\d,]+ (records|values|MB)\b/),
    ])
    expect(text.length).toBeLessThan(1000)
  })

  it('records with as many values as a body may have', async () => {
    const records = Math.floor(MAX_VALUES_A_BODY / 2) - 10
    const body = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${'{},'.repeat(records)}{}]}]}]}`
    const { status, text } = await post('/v1/logs', Buffer.from(body), 'application/json')
    expect([status, text]).toEqual([413, expect.stringContaining('over 100,000 records')])
  })

  it('six at once, with the memory of one', async () => {
    const body = filled('', 'a\n', '', 16 * MB)
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('/api/logs', body, 'text/plain')))
    for (const { status } of answers) expect([413, 503]).toContain(status)
  })
})

describe('what is broken a million times is refused once', () => {
  it.each([
    ['/v1/logs', 'application/x-protobuf', Buffer.alloc(4 * MB - 64, Buffer.from([0x0a, 0x00]))],
    ['/loki/api/v1/push', 'application/x-protobuf', snappyOf([0x0a, 0x00])],
    ['/api/logs', 'application/json', filled('{"message":"x","extra_data":{"a":[', '{},', '{}]}}')],
    ['/api/logs', 'application/json', filled('[{"message":"x","a":[', '{},', '{}]}]')],
    ['/_bulk', 'application/x-ndjson', filled('{"index":{}}\n{"message":"x","a":[', '{},', '{}]}')],
  ])('%s as %s', async (path, type, body) => {
    const { text } = await post(path, body, type)
    expect(text.length).toBeLessThan(10_000)
  })
})

it('takes 100,000 records of one body, and not one more', async () => {
  const line = '{"message":"a","source":"hundred thousand"}\n'
  const { status, text } = await post('/api/logs', Buffer.from(line.repeat(100_000)), 'application/x-ndjson')
  expect([status, JSON.parse(text).data]).toMatchObject([200, { accepted: 100_000 }])
  const more = await post('/api/logs', Buffer.from(line.repeat(100_001)), 'application/x-ndjson')
  expect([more.status, JSON.parse(more.text).code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  const { data } = await json('/api/logs?source=hundred%20thousand&limit=1')
  expect(data.pagination.total_items).toBe(100_000)
})

it('keeps 17 values of a name that comes 100,000 times', async () => {
  const attributes = Array.from({ length: 100_000 }, () => ({ key: 'a', value: { intValue: '1' } }))
  const body = {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'same' }, attributes }] }] }],
  }
  expect((await post('/v1/logs', Buffer.from(JSON.stringify(body)), 'application/json')).status).toBe(200)
  const { data } = await json('/api/logs?search=same')
  expect(Object.keys(data.logs[0].extra_data)).toHaveLength(17)
})

describe('a journal that goes on', () => {
  const JOURNAL = 'application/vnd.fdo.journal'
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(2n ** 39n)

  it.each([
    ['line ends', Buffer.alloc(16 * MB, '\n')],
    ['a value', Buffer.concat([Buffer.from('MESSAGE\n'), length, Buffer.alloc(16 * MB, 'x')])],
    ['a name', Buffer.alloc(16 * MB, 'A')],
    ['values of one name', filled('', `${'A=1\n'.repeat(1000)}\n`)],
  ])('with %s is read to its end', async (_, body) => {
    expect(await post('/upload', body, JOURNAL)).toEqual({ status: 202, text: 'OK.\n' })
  })

  it('packed with snappy is refused, as it would be held whole', async () => {
    const response = await fetch(`${server.url}/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': JOURNAL, 'content-encoding': 'snappy' },
      body: new Uint8Array(10),
    })
    expect([response.status, await response.text()]).toEqual([415, expect.stringContaining('send gzip')])
  })

  /** Begins one that does not end, and tells the status of its reply. */
  async function begin(signal: AbortSignal, key = KEY, localAddress = '127.0.0.1') {
    const headers = { authorization: `Bearer ${key}`, 'content-type': JOURNAL }
    const sent = request(`${server.url}/upload`, { method: 'POST', headers, localAddress, signal })
    sent.write('MESSAGE=a\n')
    const [reply] = (await once(sent, 'response')) as [IncomingMessage]
    reply.resume()
    return reply.statusCode
  }

  it('leaves half of the places to other addresses, and bodies go on', async () => {
    const ending = new AbortController()
    const refused = Array.from({ length: 9 }, () => begin(ending.signal))
    expect(await Promise.race(refused)).toBe(503)
    const body = Buffer.from('{"message":"meanwhile"}')
    expect((await post('/api/logs', body, 'application/json')).status).toBe(200)
    ending.abort()
    await Promise.allSettled(refused)
  })

  it('leaves a quarter of the places to other keys, from however many addresses one comes', async () => {
    const ending = new AbortController()
    const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
    const refused = Array.from({ length: 13 }, (_, index) => begin(ending.signal, KEY, addresses[index % 3]))
    expect(await Promise.race(refused)).toBe(503)
    expect(await post('/upload', Buffer.from('MESSAGE=b\n\n'), JOURNAL)).toMatchObject({ status: 503 })
    const other = await createKey()
    expect(await post('/upload', Buffer.from('MESSAGE=b\n\n'), JOURNAL, other)).toMatchObject({ status: 202 })
    ending.abort()
    const outcomes = await Promise.allSettled(refused)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

it('writes few lines of its own about a request that is refused over and over', async () => {
  const change = async (headers: Record<string, string>) =>
    (await fetch(`${server.url}/api/settings`, { method: 'PUT', headers })).status
  const answers = await Promise.all(Array.from({ length: 30 }, () => change({})))
  expect(new Set(answers)).toEqual(new Set([401]))
  expect(await change({ authorization: `Bearer ${KEY}` })).toBe(400)
  const told = async (status: number) => {
    const { data } = await json('/api/logs?source=api&limit=100&q=%22PUT%20%2Fapi%2Fsettings%22')
    return data.logs.filter(({ message }: { message: string }) =>
      message.startsWith(`PUT /api/settings ${status}`),
    )
  }
  await expect.poll(() => told(400)).toEqual([expect.objectContaining({ level: 'WARNING' })])
  // The first by itself, and the others by their number, of each ten seconds.
  expect((await told(401)).length).toBeLessThan(5)
})

it(`needs ${MAX_MEGABYTES} MB for all of it at most`, () => {
  expect(peakMegabytes(server.child.pid as number)).toBeLessThanOrEqual(MAX_MEGABYTES)
})
