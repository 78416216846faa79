import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { matchingLines } from '../support/matching-lines.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const lines = Array.from({ length: 4500 }, (_, index) => ({
    level: 'INFO',
    source: index % 2 ? 'api' : 'camera_1',
    message: index % 3 ? `line ${index}` : `line ${index} with LIC-${index}`,
    logger_name: 'shop',
    extra_data: index % 1000 ? null : { note: `lic-${index}`, n: index },
  }))
  const ndjson = lines.map((line) => JSON.stringify(line)).join('\n')
  await server.send('POST', '/api/logs', ndjson, { 'content-type': 'application/x-ndjson' })
})
afterAll(() => server.close())

const test = async (body: object) => (await server.send('POST', '/api/redaction/test', body)).body
const scrub = (body: object) => server.send('POST', '/api/logs/scrub', body)
const matching = (text: string) => matchingLines(server, `search=${encodeURIComponent(text)}`)

describe('trying out what a line becomes', () => {
  it('shows it by the rules in force, stores nothing', async () => {
    const { data } = await test({
      message: 'open rtsp://admin:geheim@10.0.0.5/1?token=abcdefgh failed',
      extra_data: { nested: { password: 'geheim' }, ok: 1 },
    })
    expect(data).toEqual({
      message: 'open rtsp://***:***@10.0.0.5/1?token=*** failed',
      extra_data: { nested: { password: '***' }, ok: 1 },
      changed: true,
    })
    expect((await test({ message: 'all fine' })).data).toEqual({
      ...{ message: 'all fine', extra_data: null, changed: false },
    })
    expect(await matching('rtsp')).toBe(0)
  })

  it('takes patterns that are not in force yet', async () => {
    expect((await test({ message: 'LIC-1', patterns: ['lic-\\d'] })).data.message).toBe('***')
    expect(await test({ message: 'x', patterns: ['a', '(?=a)'] })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/^patterns\[1\] .* at character 1: a look-around/),
      position: 1,
    })
  })
})

describe('scrubbing stored lines', () => {
  it('says first what it would do', async () => {
    const { body } = await scrub({ pattern: 'lic-\\d+', dry_run: true })
    expect(body.data).toMatchObject({ scanned_rows: 4500, matched_rows: 1503 })
    expect(body.data.examples).toHaveLength(10)
    expect(body.data.examples[0].message).toMatch(/^line \d+ with \*\*\*$/)
    expect(await matching('LIC-')).toBe(1500)
  })

  it('says how far it is when asked to, and its reply last', async () => {
    const response = await fetch(`${server.url}/api/logs/scrub`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ pattern: 'lic-\\d+', dry_run: true, progress: true }),
    })
    expect(response.headers.get('content-type')).toMatch('application/x-ndjson')
    const lines = (await response.text()).trimEnd().split('\n')
    const answers = lines.map((line) => JSON.parse(line))
    expect(answers.at(-1)).toMatchObject({ success: true, data: { scanned_rows: 4500, matched_rows: 1503 } })
    for (const { progress } of answers.slice(0, -1)) expect(progress.scanned_rows).toBeLessThanOrEqual(4500)
    const refused = await scrub({ pattern: '(', progress: true })
    expect([refused.status, refused.body.code]).toEqual([400, 'INVALID_REQUEST'])
  })

  it('masks them, changes no count, and is audited without the pattern', async () => {
    const stats = async () => (await server.get('/api/logs/stats')).body.data.summary
    const before = await stats()
    const { body } = await scrub({ pattern: 'lic-\\d+' })
    expect(body).toMatchObject({ message: 'Masked 1,503 log entries', data: { matched_rows: 1503 } })
    expect(await matching('LIC-')).toBe(0)
    expect(await matching('with ***')).toBe(1500)
    expect(await stats()).toEqual(before)
    const { data } = (await server.get('/api/logs?q=extra_data.n:1000')).body
    expect(data.logs[0].extra_data).toEqual({ note: '***', n: 1000 })
    const { entries } = (await server.get('/api/audit?action=logs')).body.data
    expect(entries.map(({ action, after }: Record<string, unknown>) => [action, after])).toEqual([
      ['logs.scrub', { pattern_characters: 7, scanned_rows: 4500, matched_rows: 1503 }],
      ['logs.scrub.started', { pattern_characters: 7 }],
    ])
    expect((await scrub({ pattern: 'lic-\\d+' })).body.data.matched_rows).toBe(0)
  })

  it('masks what was cleared too, as that can be had back', async () => {
    const lines = ['of then', 'of now'].map((when) => ({ level: 'INFO', message: `a PIN-42 ${when}` }))
    await server.send('POST', '/api/logs', [lines[0]])
    await server.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
    await server.send('POST', '/api/logs', [lines[1]])
    expect((await scrub({ pattern: 'PIN-\\d+' })).body.data).toMatchObject({
      scanned_rows: 4502,
      matched_rows: 2,
    })
    expect((await server.send('POST', '/api/logs/cleanup/undo')).body.data).toEqual({ restored_count: 4501 })
    expect(await matching('PIN-42')).toBe(0)
    expect(await matching('a ***')).toBe(2)
  })
})
