// How the plain lines of a key are written is remembered from body to body, and from run to run of `timelapser-logs ingest`,
// the same on all servers.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ApiClient } from '../../src/cli/client/api-client.ts'
import { FormMemory, placeOfFile, placeOfPipe } from '../../src/cli/ingest/form-memory.ts'
import { ingestCommand } from '../../src/cli/ingest/ingest.ts'
import { IngestSender } from '../../src/cli/ingest/ingest-sender.ts'
import { ingestStream } from '../../src/cli/ingest/ingest-stream.ts'
import { IngestTally } from '../../src/cli/ingest/ingest-tally.ts'
import { FORM_VERSION } from '../../src/ingest/inference/log-form.ts'
import { decodeLokiJson } from '../../src/ingest/loki/push.ts'
import { IngestService } from '../../src/service/ingest/ingest-service.ts'
import { RememberedForms } from '../../src/service/ingest/remembered-forms.ts'
import { forgetLineForms } from '../../src/store/writing/line-forms.ts'
import { startWayIn } from '../support/way-in.ts'

const { server, post } = await startWayIn()
await server.send('PUT', '/api/settings', { retention_days: 0 })
const text = { 'content-type': 'text/plain' }

const day = (index: number) => String(10 + (index % 18)).padStart(2, '0')
const written = (index: number) =>
  `unit${index} | ${day(index)}.03.2026 10:11:12,${100 + index} | ${index % 2 ? 'Error' : 'Debug'} | shutter ${index}`
const other = (index: number) => `A;${1_780_000_000 + index};lens ${index}`
const body = (write: (index: number) => string, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => write(from + index)).join('\n')

async function keyOf(): Promise<{
  send: (sent: string, mark?: Record<string, string>, source?: string) => Promise<Response>
  rotate: () => Promise<void>
}> {
  const created = await server.send('POST', '/api/keys', { name: crypto.randomUUID(), scope: 'ingest' })
  let { key, secret } = created.body.data
  return {
    send: (sent, mark = {}, source = '') =>
      post(`/api/logs${source && `?source=${source}`}`, sent, {
        ...{ ...text, ...mark, authorization: `Bearer ${secret}` },
      }),
    rotate: async () => {
      ;({ key, secret } = (await server.send('POST', `/api/keys/${key.id}/rotate`, {})).body.data)
    },
  }
}

async function newest() {
  const { logs } = (await server.get('/api/logs?limit=1000')).body.data
  return logs.toSorted((a: { id: string }, b: { id: string }) => Number(a.id) - Number(b.id)).at(-1)
}

describe('the form of plain lines', () => {
  it('is remembered for bodies that are too short to tell, by key', async () => {
    const own = await keyOf()
    const stranger = await keyOf()
    expect((await own.send(written(1))).status).toBe(200)
    expect((await newest()).timestamp).not.toMatch(/^2026-03/)
    expect((await own.send(body(written, 2, 30))).status).toBe(200)
    await own.send(written(33))
    expect(await newest()).toMatchObject({
      timestamp: '2026-03-25T10:11:12.133Z',
      level: 'ERROR',
      message: written(33),
    })
    await stranger.send(written(34))
    expect((await newest()).timestamp).not.toMatch(/^2026-03/)
  })

  it('is remembered by source, and by a key that is rotated', async () => {
    const own = await keyOf()
    await own.send(body(written, 1, 30), {}, 'shutters')
    await own.rotate()
    await own.send(written(33), {}, 'lenses')
    const lens = await newest()
    expect([lens.source, lens.timestamp]).toEqual(['lenses', expect.not.stringMatching(/^2026-03/)])
    await own.send(written(34), {}, 'shutters')
    expect(await newest()).toMatchObject({ source: 'shutters', timestamp: '2026-03-26T10:11:12.134Z' })
    expect((await own.send(written(35), {}, 'x'.repeat(101))).status).toBe(400)
  })

  it('is revised when lines stop fitting, for later ones', async () => {
    const own = await keyOf()
    await own.send(body(written, 1, 30))
    await own.send(body(other, 1, 30))
    await own.send(other(40))
    expect((await newest()).timestamp).toBe('2026-05-28T20:27:20Z')
  })

  it('is fixed for a batch when it is first received, so that a repeat is stored once', async () => {
    const own = await keyOf()
    const sender = crypto.randomUUID()
    const mark = (batch: number) => ({ 'x-sender': sender, 'x-batch': String(batch) })
    const answerTo = async (sent: string, batch: number): Promise<{ data: { first_id: number } }> =>
      (await (await own.send(sent, mark(batch))).json()) as never
    const first = await answerTo(written(1), 1)
    await own.send(body(written, 2, 30))
    const repeat = await answerTo(written(1), 1)
    expect(repeat.data).toMatchObject({ first_id: first.data.first_id, accepted: 1 })
    await own.send(written(33), mark(2))
    expect((await newest()).timestamp).toBe('2026-03-25T10:11:12.133Z')
  })

  it('is the same on all servers, one version after the other', async () => {
    const { pool } = server.database.database
    const servers = [new RememberedForms(pool), new RememberedForms(pool)] as const
    const place = { holder: 'key:test', wayIn: 'text', source: 'labels' }
    const mark = { sender: crypto.randomUUID(), batch: 7 }
    const form = {
      version: FORM_VERSION,
      time: 'fixed',
      order: 'day first',
      lines: 20,
      dated: 20,
      leveled: 0,
    } as const
    const none = { version: 0, form: undefined }
    expect(await servers[0].find(place, undefined)).toEqual(none)
    await Promise.all(servers.map((one) => one.learn(place, none, form)))
    const first = { version: 1, form }
    expect(await servers[1].find(place, mark)).toEqual(first)
    const second = { version: 2, form: { ...form, order: 'month first' } } as const
    await servers[0].learn(place, first, second.form)
    expect(await servers[1].find(place, undefined)).toEqual(second)
    expect(await servers[0].find(place, mark)).toEqual(first)
    expect(await servers[0].find(place, { ...mark, batch: 8 })).toEqual(second)
  })

  it('has room again for a key whose files come and go', async () => {
    const { pool } = server.database.database
    const forms = new RememberedForms(pool)
    await pool.query(
      `insert into line_forms (holder, way_in, source, version, form, created_at)
      select 'key:full', 'file', 'file ' || n, 1, '{}', now() - n * interval '1 minute'
      from generate_series(1, 10000) as n`,
    )
    const place = { holder: 'key:full', wayIn: 'file', source: 'new' }
    const form = {
      version: FORM_VERSION,
      time: 'fixed',
      order: 'day first',
      lines: 20,
      dated: 20,
      leveled: 0,
    } as const
    const none = { version: 0, form: undefined }
    await forms.learn(place, none, form)
    expect(await forms.find(place, undefined)).toEqual(none)
    await forgetLineForms(pool)
    await forms.learn(place, none, form)
    expect(await forms.find(place, undefined)).toEqual({ version: 1, form })
    expect(await forms.find({ ...place, source: 'file 1' }, undefined)).toMatchObject({ version: 1 })
    expect(await forms.find({ ...place, source: 'file 9999' }, undefined)).toEqual(none)
  })
})

describe('the form of a file or pipe', () => {
  /** Runs the command on a file of this text, as one who comes to this folder. */
  async function ingest(path: string, text: string, ...options: string[]): Promise<string> {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    const said = vi.spyOn(console, 'log').mockReturnValue(undefined)
    const access = ['--url', server.url, '--key', server.apiKey]
    await ingestCommand().parseAsync([path, ...access, ...options], { from: 'user' })
    const sentences = String(said.mock.calls.at(-1)?.[0])
    said.mockRestore()
    return sentences
  }

  async function folder(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'forms-'))
    onTestFinished(() => rm(made, { recursive: true }))
    return made
  }

  it('is remembered for what is rotated and written anew, by folder and name', async () => {
    const there = await folder()
    await ingest(join(there, 'unit.log'), body(written, 1, 30))
    await ingest(join(there, 'unit.log.1'), written(33))
    expect(await newest()).toMatchObject({ timestamp: '2026-03-25T10:11:12.133Z', level: 'ERROR' })
    await ingest(join(there, 'other', 'unit.log'), written(34))
    expect((await newest()).timestamp).not.toMatch(/^2026-03/)
    // Not from a dry run, and not where a person says how lines are written.
    await ingest(join(there, 'dry.log'), body(written, 1, 30), '--dry-run')
    await ingest(join(there, 'dry.log'), written(34))
    expect((await newest()).timestamp).not.toMatch(/^2026-03/)
    await ingest(join(there, 'unit.log'), written(35), '--time-format', 'epoch s')
    expect((await newest()).timestamp).not.toMatch(/^2026-03/)
  })

  it('is the first one for a file that is sent again when it has grown, and a revision is for later lines', async () => {
    const path = join(await folder(), 'grown.log')
    const lettered = (index: number) => `${written(index % 15).replace(/Error|Debug/, index % 2 ? 'E' : 'I')}`
    const first = await ingest(path, body(lettered, 0, 15))
    expect(first).toContain('level: where the text says so')
    const second = await ingest(path, body(lettered, 0, 600))
    expect(second.match(/level: [^;]+/g)).toEqual([
      'level: where the text says so',
      expect.stringContaining('by its letter'),
    ])
    const { logs } = (await server.get('/api/logs?limit=1000&source=grown&level=ERROR')).body.data
    expect(logs.length).toBeGreaterThan(100)
  })

  it('is told by the first line that tells day from month', async () => {
    const path = join(await folder(), 'days.log')
    const on = (date: string) => (index: number) => `cam ${date} 10:11:${10 + index} moved`
    await ingest(path, body(on('03/04/2026'), 0, 20))
    expect((await newest()).timestamp).toBe('2026-03-04T10:11:29Z')
    await ingest(path, `${body(on('03/04/2026'), 0, 20)}\n${body(on('13/04/2026'), 0, 5)}`)
    const { logs } = (await server.get('/api/logs?limit=25&source=days')).body.data
    expect(new Set(logs.map(({ timestamp }: { timestamp: string }) => timestamp.slice(0, 10)))).toEqual(
      new Set(['2026-04-13', '2026-04-03']),
    )
  })

  it('is remembered for a pipe by its source, while it goes on', async () => {
    const client = new ApiClient({ url: server.url, apiKey: server.apiKey })
    const pipe = async (source: string, text: string) => {
      const memory = new FormMemory(client)
      const place = placeOfPipe(source)
      const tally = new IngestTally()
      const remembered = await memory.recall(place)
      await ingestStream({
        input: Readable.from([Buffer.from(text)]),
        format: 'text',
        line: { now: new Date().toISOString(), source, remembered },
        retentionDays: undefined,
        tally,
        sender: new IngestSender({
          client,
          tally,
          isImport: false,
          retryForMs: 0,
          onOutage: () => undefined,
        }),
        onForm: (form) => memory.keep(place, form),
      })
    }
    await pipe('piped', body(written, 1, 30))
    await pipe('piped', written(33))
    expect(await newest()).toMatchObject({ source: 'piped', timestamp: '2026-03-25T10:11:12.133Z' })
    await pipe('another', written(34))
    expect((await newest()).timestamp).not.toMatch(/^2026-03/)
  })

  it('is asked for without harm at a server of before, and by a key that may not', async () => {
    const created = await server.send('POST', '/api/keys', { name: crypto.randomUUID(), scope: 'read' })
    const memory = new FormMemory(new ApiClient({ url: server.url, apiKey: created.body.data.secret }))
    expect(await memory.recall(placeOfFile('/var/log/a.log', 'a'))).toBeUndefined()
    await memory.keep(placeOfFile('/var/log/a.log', 'a'), undefined)
  })

  const form = { version: FORM_VERSION, time: 'fixed', order: 'day first', lines: 20, dated: 20, leveled: 0 }
  const inferred = (template: string) => ({
    ...form,
    time: { parts: [{ place: { kind: 'column', index: 0 }, template }] },
  })

  it.each([
    [{ form: inferred('ff hh:mm.fff.fff') }, /template/],
    [{ form: inferred('x'.repeat(65)) }, /form\.time/],
    [{ form: inferred('no time') }, /template/],
    [{ form: { ...form, level: { key: 'x'.repeat(61) } } }, /level|time/],
    [{ form: { ...form, more: 1 } }, /more/],
    [{ form: { ...form, lines: -1 } }, /lines/],
    [{ source: 'x'.repeat(1001) }, /source/],
    [{ way_in: 'text' }, /way_in/],
    [{ after: 0.5 }, /after/],
    [{ after: 2 ** 31 - 1 }, /after/],
  ])('is refused where it is none: %j', async (part, sentence) => {
    const place = { way_in: 'file', source: 'hostile', after: 0, form, ...part }
    const answer = await server.send('POST', '/api/line-forms', place)
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(sentence)])
  })

  it('is kept for programs, not for pages', async () => {
    const input = { name: crypto.randomUUID(), scope: 'ingest', origins: ['https://shop.example'] }
    const { secret } = (await server.send('POST', '/api/keys', input)).body.data
    const headers = { authorization: `Bearer ${secret}`, origin: 'https://shop.example' }
    const place = { way_in: 'file', source: 'pages', after: 0, form }
    expect((await server.send('POST', '/api/line-forms', place, headers)).status).toBe(403)
    const asked = await fetch(`${server.url}/api/line-forms?way_in=file&source=pages`, { headers })
    expect(asked.status).toBe(403)
  })
})

describe('the form of a stream with labels', () => {
  const push = async (labels: object, lines: string[], key = server.apiKey) => {
    const nanos = BigInt(Date.now()) * 1_000_000n
    const values = lines.map((line, index) => [String(nanos + BigInt(index)), line])
    const body = JSON.stringify({ streams: [{ stream: labels, values }] })
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
    expect((await post('/loki/api/v1/push', body, headers)).status).toBe(204)
  }
  const levels = async (source: string) => {
    const { logs } = (await server.get(`/api/logs?limit=1000&source=${source}`)).body.data
    return logs.toReversed().map(({ level }: { level: string }) => level)
  }
  const noted = (index: number) => `unit${index} ; ${index % 2 ? 'Error' : 'Debug'} ; shutter ${index}`
  const lettered = (index: number) => `${index} ${'IDWE'[index % 4]} shutter ${index}`
  const some = (write: (index: number) => string, count: number) =>
    Array.from({ length: count }, (_, index) => write(index))

  it('has the place of the level, from push to push, and keeps to its labels', async () => {
    for (const [index, line] of some(noted, 12).entries())
      await push(index % 2 ? { app: 'noted', job: 'a' } : { job: 'a', app: 'noted' }, [line])
    const found = await levels('noted')
    expect(found.slice(0, 7)).toEqual(Array(7).fill('INFO'))
    expect(found.slice(7)).toEqual(['ERROR', 'DEBUG', 'ERROR', 'DEBUG', 'ERROR'])
    await push({ app: 'noted', job: 'b', service: 'other-noted' }, [noted(1)])
    expect(await levels('other-noted')).toEqual(['INFO'])
    // Another server knows it from the first line on.
    const other = new IngestService({
      ...{ intake: server.system.logOperations.intake, settings: server.system.settings },
      ...{ notStored: undefined as never, forms: new RememberedForms(server.database.database.pool) },
    })
    const decoded = decodeLokiJson(
      Buffer.from(
        JSON.stringify({ streams: [{ stream: { app: 'noted', job: 'a' }, values: [['1', noted(1)]] }] }),
      ),
      { now: new Date().toISOString() },
    )
    const { rows } = await server.database.database.pool.query(
      `select holder from line_forms where way_in = 'loki'`,
    )
    await other.streams.read(decoded, { holder: rows[0].holder, wayIn: 'loki' })
    expect(decoded.records).toMatchObject([{ level: 'ERROR' }])
  })

  it('is looked for in one stream of a body at a time, and found in all of them', async () => {
    const nanos = BigInt(Date.now()) * 1_000_000n
    const values = (count: number) =>
      some(noted, count).map((line, index) => [String(nanos + BigInt(index)), line])
    const streams = (count: number) =>
      Array.from({ length: 5 }, (_, index) => ({ stream: { app: `many${index}` }, values: values(count) }))
    const headers = { 'content-type': 'application/json' }
    for (let round = 0; round < 5; round++)
      expect(
        (await post('/loki/api/v1/push', JSON.stringify({ streams: streams(10) }), headers)).status,
      ).toBe(204)
    const found = await Promise.all([0, 1, 2, 3, 4].map((index) => levels(`many${index}`)))
    for (const each of found)
      expect(each.slice(-10)).toEqual(Array.from({ length: 5 }, () => ['DEBUG', 'ERROR']).flat())
    expect(found[4]?.slice(0, 10)).toEqual(Array(10).fill('INFO'))
  })

  it('has letters for levels on many lines alone, and a label or a JSON field counts more', async () => {
    await push({ app: 'lettered' }, some(lettered, 150))
    expect(new Set(await levels('lettered'))).toEqual(new Set(['INFO']))
    await push({ app: 'lettered' }, some(lettered, 400))
    const found = await levels('lettered')
    expect(found.slice(-4).toSorted()).toEqual(['DEBUG', 'ERROR', 'INFO', 'WARNING'])
    await push({ app: 'lettered', level: 'critical' }, [lettered(3)])
    await push({ app: 'lettered' }, ['{"level":"fatal","msg":"3 E shutter"}'])
    expect((await levels('lettered')).slice(-2)).toEqual(['CRITICAL', 'CRITICAL'])
  })

  it("is that of lines of text sent to Splunk's collector, with their times", async () => {
    const sent = (text: string, query: string) =>
      post(`/services/collector/raw?${query}`, text, { authorization: `Splunk ${server.apiKey}` })
    await sent(body(written, 1, 30), 'source=raw&host=dome')
    await sent(written(33), 'source=raw&host=dome')
    expect(await newest()).toMatchObject({
      ...{ source: 'raw', level: 'ERROR', timestamp: '2026-03-25T10:11:12.133Z', message: written(33) },
      extra_data: { host: 'dome' },
    })
    await sent(written(34), 'source=raw2&time=1795942801')
    expect(await newest()).toMatchObject({ source: 'raw2', timestamp: '2026-11-29T09:00:01Z' })
  })
})
