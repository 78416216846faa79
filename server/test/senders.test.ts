// Senders of other systems that we did not write, on routes of their own, against one server.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { Logger as SplunkLogger } from 'splunk-logging'
import { afterAll, describe, expect, it } from 'vitest'
import { startWayIn } from './support/way-in.ts'

const run = promisify(execFile)
const UPLOADER = process.env.JOURNAL_UPLOAD ?? '/lib/systemd/systemd-journal-upload'
const has = existsSync

const { server, stored, post } = await startWayIn()
const folder = await mkdtemp(join(tmpdir(), 'timelapser-senders-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('Elasticsearch', () => {
  const elastic = { 'content-type': 'application/json' }

  it('takes one document, under an id or without, and says what was wrong with one', async () => {
    const document = { '@timestamp': new Date().toISOString(), 'log.level': 'warn', message: 'captured' }
    const put = { method: 'PUT', headers: { authorization: `Bearer ${server.apiKey}`, ...elastic } }
    const created = await post('/elastic-doc/_doc', JSON.stringify(document), elastic)
    expect([created.status, await created.json()]).toMatchObject([
      201,
      { _index: 'elastic-doc', _id: expect.any(String), result: 'created', _version: 1 },
    ])
    for (const path of ['_doc/7', '_create/8']) {
      const answer = await fetch(`${server.url}/elastic/elastic-doc/${path}`, {
        ...put,
        body: JSON.stringify(document),
      })
      expect([answer.status, ((await answer.json()) as { _id: string })._id]).toEqual([201, path.slice(-1)])
    }
    expect(await stored('elastic-doc')).toMatchObject(
      Array(3).fill({ level: 'WARNING', message: 'captured' }),
    )
    const refused = await post('/elastic-doc/_doc', '{broken', elastic)
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      {
        status: 400,
        error: { type: 'document_parsing_exception', reason: expect.stringContaining('not JSON') },
      },
    ])
  })

  it('takes _bulk with a type, and an upsert as a document', async () => {
    const line = (value: object) => `${JSON.stringify(value)}\n`
    const body = [
      line({ index: {} }) + line({ message: 'typed' }),
      line({ update: { _id: 'a' } }) + line({ doc: { message: 'whole' }, doc_as_upsert: true }),
      line({ update: { _id: 'b' } }) + line({ script: { source: 'x' }, upsert: { message: 'upsert' } }),
      line({ update: { _id: 'c' } }) + line({ doc: { message: 'changed' } }),
      line({ update: { _id: 'd' } }) + line({ script: { source: 'x' } }),
    ].join('')
    const answer = await post('/elastic-typed/events/_bulk', body, elastic)
    const { items } = (await answer.json()) as { items: Record<string, { status: number }>[] }
    expect(
      items.map((item) => Object.entries(item).map(([action, { status }]) => [action, status])[0]),
    ).toEqual([
      ['index', 201],
      ['update', 201],
      ['update', 201],
      ['update', 201],
      ['update', 400],
    ])
    const messages = (await stored('elastic-typed')).map(({ message }) => message)
    expect(messages.sort()).toEqual(['changed', 'typed', 'upsert', 'whole'])
  })

  // As the sources of Filebeat, Logstash and Vector ask before they send.
  it.each([
    ['GET', '/elastic/'],
    ['GET', '/elastic/_license?human=false'],
    ['GET', '/elastic/_xpack'],
    ['GET', '/elastic/_cluster/health'],
    ['GET', '/_cluster/health'],
    ['GET', '/elastic/_nodes/http'],
    ['GET', '/elastic/_ilm/policy/filebeat'],
    ['PUT', '/elastic/_ilm/policy/filebeat'],
    ['HEAD', '/elastic/_index_template/filebeat-9.0.0'],
    ['PUT', '/elastic/_index_template/filebeat-9.0.0'],
    ['GET', '/elastic/_data_stream/filebeat-9.0.0'],
    ['PUT', '/elastic/_data_stream/filebeat-9.0.0'],
    ['HEAD', '/elastic/_template/logstash'],
    ['HEAD', '/elastic/_alias/filebeat'],
    ['PUT', '/elastic/_ingest/pipeline/filebeat'],
  ])('answers %s %s', async (method, path) => {
    const headers = { authorization: `ApiKey ${server.apiKey}`, ...elastic }
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers,
      ...(method === 'PUT' && { body: '{}' }),
    })
    expect([answer.status, answer.headers.get('x-elastic-product')]).toEqual([200, 'Elasticsearch'])
  })
})

describe("Splunk's collector", () => {
  it('takes what splunk-logging sends', async () => {
    const logger = new SplunkLogger({ token: server.apiKey, url: server.url })
    const metadata = { source: 'splunk-logging', sourcetype: 'shop' }
    const message = { message: 'captured', camera_id: 3 }
    const answer = await new Promise((done, fail) => {
      logger.error = fail
      logger.send({ message, severity: 'warn', metadata }, (_error, _response, body) => done(body))
    })
    expect(answer).toEqual({ text: 'Success', code: 0 })
    expect(await stored('splunk-logging')).toMatchObject([
      { level: 'WARNING', message: 'captured', camera_id: 3 },
    ])
  })

  it('takes events one behind the other, and lines of text', async () => {
    const headers = { authorization: `Splunk ${server.apiKey}` }
    const event = (text: string) => JSON.stringify({ time: '1795942801.25', source: 'hec', event: text })
    const sent = await post(
      '/services/collector',
      `${event('ERROR one')}${event('two')}{"event":""}`,
      headers,
    )
    expect([sent.status, await sent.json()]).toEqual([
      200,
      { code: 0, text: '1 not stored; event 2: the field event is missing or blank' },
    ])
    await post('/services/collector/raw?source=hec', 'three\nfour\n', headers)
    const rows = await stored('hec')
    expect(rows.map(({ message }) => message).sort()).toEqual(['ERROR one', 'four', 'three', 'two'])
    expect(rows.find(({ message }) => message === 'ERROR one')).toMatchObject({
      level: 'ERROR',
      timestamp: '2026-11-29T09:00:01.25Z',
    })
    const refused = await post('/services/collector/event', '', { authorization: 'Splunk wrong' })
    expect([refused.status, await refused.json()]).toMatchObject([401, { code: 4 }])
    expect((await fetch(`${server.url}/services/collector/health`, { headers })).status).toBe(200)
  })
})

// As the Datadog Agent and the libraries of Datadog send them, recorded from their sources.
it("takes logs as Datadog's intake does", async () => {
  const headers = { authorization: '', 'dd-api-key': server.apiKey, 'content-type': 'application/json' }
  const log = {
    ...{
      message: 'captured',
      status: 'warn',
      service: 'datadog-shop',
      ddsource: 'nodejs',
      hostname: 'edge-7',
    },
    ...{ ddtags: 'env:prod,team:shop', timestamp: Date.now() },
  }
  const answer = await post('/api/v2/logs', gzipSync(JSON.stringify([log, log])), {
    ...headers,
    'content-encoding': 'gzip',
  })
  expect([answer.status, await answer.json()]).toEqual([202, {}])
  expect(await stored('datadog-shop')).toMatchObject(
    Array(2).fill({ level: 'WARNING', extra_data: { ddtags: 'env:prod,team:shop', hostname: 'edge-7' } }),
  )
  const refused = await post('/api/v2/logs', '[7]', headers)
  expect([refused.status, await refused.json()]).toMatchObject([400, { errors: [{ status: '400' }] }])
})

it.each(['/ready', '/health'])('says %s as Loki does', async (path) => {
  const answer = await fetch(`${server.url}${path}`)
  expect([answer.status, await answer.text()]).toEqual([200, 'ready\n'])
})

describe('the journal', () => {
  const entry = (fields: Record<string, string>) =>
    `${Object.entries({ __REALTIME_TIMESTAMP: `${Date.now()}000`, ...fields })
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')}\n`
  const upload = (body: string | Buffer) =>
    post('/upload', body, { 'content-type': 'application/vnd.fdo.journal' })

  it('is taken in its export format, with values of several lines and bytes', async () => {
    const text = Buffer.from('two\nlines')
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(text.length))
    const whole = entry({ SYSLOG_IDENTIFIER: 'journal-export', PRIORITY: '3' }).slice(0, -1)
    const body = [Buffer.from(`${whole}MESSAGE\n`), length, text, Buffer.from('\n\n')]
    const answer = await upload(Buffer.concat([...body, ...body, Buffer.from(entry({ MESSAGE: 'last' }))]))
    expect([answer.status, await answer.text()]).toEqual([202, 'OK.\n'])
    expect(await stored('journal-export')).toMatchObject(
      Array(2).fill({ level: 'ERROR', message: 'two\nlines', logger_name: 'journal-export' }),
    )
    const refused = await post('/upload', 'x', { 'content-type': 'text/plain' })
    expect(refused.status).toBe(415)
  })

  it.skipIf(!has(UPLOADER))(
    'comes from systemd-journal-upload (skipped where it is not installed)',
    async () => {
      const file = join(folder, 'journal.export')
      const lines = Array.from({ length: 2500 }, (_, number) =>
        entry({ MESSAGE: `line ${number}`, SYSLOG_IDENTIFIER: 'journal-upload', PRIORITY: '4' }),
      )
      await writeFile(file, lines.join(''))
      const { port } = new URL(server.url)
      await run(UPLOADER, [
        `--url=http://any:${server.apiKey}@127.0.0.1:${port}`,
        '--save-state=/dev/null',
        file,
      ])
      const { pagination, logs } = (await server.get('/api/logs?source=journal-upload&limit=1')).body.data
      expect([pagination.total_items, logs[0].level]).toEqual([2500, 'WARNING'])
    },
  )
})

it('takes OTLP at the address that Loki has for it, too', async () => {
  const record = { body: { stringValue: 'captured' } }
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] })
  const answer = await post('/otlp/v1/logs', body, { 'content-type': 'application/json' })
  expect([answer.status, await answer.json()]).toEqual([200, {}])
})
