import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const put = (rules: object[], more: object = {}) => server.send('PUT', '/api/parse-rules', { rules, ...more })
const store = (...lines: object[]) => server.send('POST', '/api/logs', lines)
const linesOf = async (source: string) =>
  (await server.get(`/api/logs?source=${source}&limit=100`)).body.data.logs
const countsOf = async (name: string) => {
  const { body } = await server.get('/api/parse-rules')
  return body.data.rules.find(({ rule }: { rule: { name: string } }) => rule.name === name).counts
}
const notStored = async () => {
  const { rows } = await server.database.database.pool.query('select reason, rows from not_stored')
  return Object.fromEntries(rows.map(({ reason, rows }) => [reason, rows]))
}

const ACCESS = {
  name: 'access log',
  sources: ['nginx*'],
  parse: { as: 'grok', pattern: '%{IP:client} %{WORD:method} %{NOTSPACE:path} %{INT:status}' },
  actions: [
    { do: 'drop', when: { field: 'path', equals: ['/healthz'] } },
    { do: 'level', field: 'status', values: { 500: 'ERROR', 200: 'INFO', 404: 'WARNING' } },
  ],
}
const PAIRS = { name: 'pairs', sources: ['shop'], parse: { as: 'logfmt' } }

describe('rules in force', () => {
  it('parse lines of their sources on every way in, and no others', async () => {
    expect((await put([ACCESS, PAIRS])).status).toBe(200)
    const reply = await store(
      { message: '10.0.0.1 GET /cart 500', source: 'nginx-1' },
      { message: '10.0.0.1 GET /healthz 200', source: 'nginx-1' },
      { message: '10.0.0.1 GET /teapot 418', source: 'nginx-1' },
      { message: 'restarted', source: 'nginx-1' },
      { message: '10.0.0.1 GET /cart 500', source: 'api' },
    )
    expect(reply.body.data).toMatchObject({ accepted: 4, filtered: 1, rejected_count: 0 })
    const push = {
      streams: [
        {
          stream: { service_name: 'shop' },
          values: [[`${Date.now()}000000`, 'user=anna password=geheim9 ms=12']],
        },
      ],
    }
    await fetch(`${server.url}/loki/api/v1/push`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(push),
    })
    const kept = (await linesOf('nginx-1')).map(
      ({ message, level, extra_data }: Record<string, unknown>) => ({ message, level, extra_data }),
    )
    expect(kept).toEqual([
      { message: 'restarted', level: 'INFO', extra_data: null },
      // 418 is not a level: the rule fails, and the line is as it came.
      { message: '10.0.0.1 GET /teapot 418', level: 'INFO', extra_data: null },
      {
        message: '10.0.0.1 GET /cart 500',
        level: 'ERROR',
        extra_data: { client: '10.0.0.1', method: 'GET', path: '/cart', status: 500 },
      },
    ])
    expect((await linesOf('api'))[0]).toMatchObject({ level: 'INFO', extra_data: null })
    // A rule names the field before it is masked.
    expect((await linesOf('shop'))[0]).toMatchObject({
      message: 'user=anna password=*** ms=12',
      extra_data: { user: 'anna', password: '***', ms: 12 },
    })
  })

  it('count what they did, and drops by their reason', async () => {
    expect(await countsOf('access log')).toMatchObject({
      ...{ applied: 1, failed: 1, dropped: 1, passed: 1 },
      last_failure: 'status has no valid level',
    })
    await expect.poll(notStored).toMatchObject({ dropped_by_rule: 1 })
    const metrics = await fetch(`${server.url}/metrics`, {
      headers: { authorization: `Bearer ${server.apiKey}` },
    })
    expect(await metrics.text()).toContain('timelapser_rows_not_stored_total{reason="dropped_by_rule"} 1')
  })

  it('are part of why a line is not there', async () => {
    const why = async (message: string) =>
      (await server.get(`/api/levels/why?level=debug&source=nginx-1&message=${encodeURIComponent(message)}`))
        .body.data
    expect(await why('10.0.0.1 GET /healthz 200')).toMatchObject({
      verdict: 'dropped',
      sentence: 'Dropped: the parse rule access log drops lines like this one.',
    })
    expect((await why('10.0.0.1 GET /cart 500')).verdict).toBe('stored')
    expect((await why('restarted')).verdict).toBe('held_back')
  })

  it('come before the level gate', async () => {
    const quiet = {
      name: 'quiet',
      sources: ['gate'],
      parse: { as: 'logfmt' },
      actions: [{ do: 'level', field: 'lvl' }],
    }
    await put([ACCESS, PAIRS, quiet])
    const lines = [
      { message: 'lvl=debug a', source: 'gate' },
      { message: 'lvl=error b', source: 'gate', level: 'DEBUG' },
    ]
    expect((await store(...lines)).body.data).toMatchObject({ accepted: 1, filtered: 1 })
    expect(await linesOf('gate')).toMatchObject([{ message: 'lvl=error b', level: 'ERROR' }])
  })

  it('are counted once for a batch that is sent twice', async () => {
    const send = () =>
      fetch(`${server.url}/api/logs`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${server.apiKey}`,
          'content-type': 'application/json',
          'x-sender': '11111111-2222-4333-8444-555555555555',
          'x-batch': '1',
        },
        body: JSON.stringify([{ message: 'lvl=info again', source: 'gate' }]),
      })
    const before = (await countsOf('quiet')).applied
    await send()
    await send()
    expect((await countsOf('quiet')).applied).toBe(before + 1)
    expect(
      (await linesOf('gate')).filter(({ message }: { message: string }) => message.includes('again')),
    ).toHaveLength(1)
  })
})

describe('changing rules', () => {
  it('is all or nothing, and says which part is wrong', async () => {
    await put([ACCESS])
    const wrong = async (rule: object) =>
      (await put([PAIRS, { name: 'wrong', sources: ['x'], ...rule }])).body
    expect(await wrong({ actions: [{ do: 'rename', field: 'a' }] })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'rules[1].actions[0].to is required (rule wrong).',
    })
    expect((await wrong({ parse: { as: 'xml' } })).message).toBe(
      'rules.1.parse.as must be one of json, logfmt, key_value, regex, grok.',
    )
    expect((await wrong({ parse: { as: 'json' }, colour: 'red' })).message).toMatch(
      /^rules\.1\.colour is not a known field/,
    )
    expect((await put([PAIRS, PAIRS])).body.message).toBe('rules[1].name is pairs, which another rule has.')
    const { body } = await server.get('/api/parse-rules')
    expect(body.data.rules.map(({ rule }: { rule: object }) => rule)).toEqual([ACCESS])
  })

  it('keeps the order and the counts of what is not changed, and asks for the version when one is given', async () => {
    const { version } = (await put([ACCESS, PAIRS])).body.data
    const swapped = await put([PAIRS, ACCESS], { version })
    expect(swapped.body.data.rules.map(({ rule }: { rule: { name: string } }) => rule.name)).toEqual([
      'pairs',
      'access log',
    ])
    expect((await put([], { version })).body).toMatchObject({ code: 'CONFLICT', status_code: 409 })
  })

  it('is in the audit trail, without what is looked for to be masked', async () => {
    await put([
      { name: 'pin', sources: ['*'], actions: [{ do: 'mask', field: 'message', pattern: 'PIN-4711' }] },
    ])
    const { entries } = (await server.get('/api/audit?limit=1')).body.data
    expect(entries[0]).toMatchObject({
      action: 'parse_rules.update',
      after: { rules: [{ name: 'pin', actions: [{ do: 'mask', field: 'message', pattern_characters: 8 }] }] },
    })
    expect(JSON.stringify(entries[0])).not.toContain('4711')
  })
})

describe('trying rules out', () => {
  it('shows lines before and after, masked, and stores nothing', async () => {
    const { body } = await server.send('POST', '/api/parse-rules/test', {
      rules: [PAIRS],
      lines: [
        { message: 'user=anna password=geheim9 n=1', source: 'shop' },
        { message: 'nothing to see', source: 'shop' },
      ],
    })
    expect(body.data.lines).toMatchObject([
      {
        outcome: 'changed',
        before: { message: 'user=anna password=*** n=1', extra_data: null },
        after: { extra_data: { user: 'anna', password: '***', n: 1 } },
        rules: [{ name: 'pairs', outcome: 'applied', reason: null }],
      },
      { outcome: 'unchanged', rules: [{ outcome: 'passed' }] },
    ])
  })

  it('takes the newest stored lines of the sources', async () => {
    const { body } = await server.send('POST', '/api/parse-rules/test', { rules: [ACCESS], count: 2 })
    expect(
      body.data.lines.map(({ before, outcome }: { before: { message: string }; outcome: string }) => [
        before.message,
        outcome,
      ]),
    ).toEqual([
      ['restarted', 'unchanged'],
      ['10.0.0.1 GET /teapot 418', 'failed'],
    ])
  })

  it('tells what would become of the lines of the last hour', async () => {
    const rules = [{ ...ACCESS, actions: [{ do: 'drop', when: { field: 'status', equals: ['418'] } }] }]
    const { body } = await server.send('POST', '/api/parse-rules/dry-run', { rules })
    // The line that was parsed when it came would be the same.
    expect(body.message).toBe('Of 3 stored lines, 0 would change and 1 would be dropped')
    expect(body.data).toMatchObject({
      ...{ lines: 3, changed: 0, dropped: 1, failed: 0, searched_to: null },
      rules: [{ name: 'access log', applied: 0, passed: 2, dropped: 1 }],
      examples: [{ outcome: 'dropped', after: null }],
    })
    expect(await linesOf('nginx-1')).toHaveLength(3)
  })

  it('refuses what cannot be compiled', async () => {
    const rules = [{ name: 'a', sources: ['*'], parse: { as: 'grok', pattern: '%{IPV5:a}' } }]
    for (const route of ['test', 'dry-run']) {
      const { body } = await server.send('POST', `/api/parse-rules/${route}`, { rules })
      expect(body.message).toMatch(
        /^rules\[0\]\.parse\.pattern names %\{IPV5\}, which is not a known pattern/,
      )
    }
  })
})
