// Five questions about generated logs, as an assistant would put them, and the answers, which docs/assistants.md shows; written
// anew by WRITE_DOCS=1 node scripts/run.mjs vitest run server/test/http/assistant-questions.test.ts
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { LogRecord } from '@timelapser/logger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectWritten } from '../../../test/repository/written-section.ts'
import { generateDiverseLogScenarios } from '../../src/service/scenarios/generate-diverse-log-scenarios.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const NIGHT = { start_date: '2026-06-01T20:00:00Z', end_date: '2026-06-02T06:00:00Z' }
const DAYS = { start_date: '2026-06-01T00:00:00Z', end_date: '2026-06-03T00:00:00Z' }

type Call = { tool: string; input: Record<string, unknown> }
type Answer = { head: string; lines: Record<string, unknown>[] }

let server: TestServer
let client: Client
let records: LogRecord[]
const asked: string[] = []

beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { retention_days: 0 })
  const [fromMs, toMs] = [Date.parse(DAYS.start_date), Date.parse(DAYS.end_date)]
  records = [...generateDiverseLogScenarios({ seed: 7, rows: 4000, fromMs, toMs })]
  for (let at = 0; at < records.length; at += 1000) {
    const { body } = await server.send('POST', '/api/logs', records.slice(at, at + 1000), {
      'x-import': 'true',
    })
    expect(body.data.accepted).toBe(Math.min(1000, records.length - at))
  }
  const { body } = await server.send('POST', '/api/keys', { name: 'assistant', scope: 'read' })
  client = new Client({ name: 'test', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${body.data.secret}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit }))
})
afterAll(async () => {
  await client?.close()
  await server?.close()
})

async function ask({ tool, input }: Call): Promise<Answer> {
  const { content, isError } = await client.callTool({ name: tool, arguments: input })
  const { text } = content[0] as { text: string }
  expect(isError, text).toBeFalsy()
  const data = /<log-data>\n([\s\S]*)\n<\/log-data>$/.exec(text)?.[1] ?? ''
  const lines = data === '' ? [] : data.split('\n').map((line) => JSON.parse(line))
  return { head: text.split('\n')[0] ?? '', lines }
}

/** Notes the question with its calls and what of the answers is to be shown. */
function show(question: string, calls: Call[], shown: string[]): void {
  const invoked = calls.map(({ tool, input }) => `${tool} ${JSON.stringify(input)}`)
  asked.push([`**${asked.length + 1}. ${question}**`, '', '```', ...invoked, '', ...shown, '```'].join('\n'))
}

const isWithin = ({ timestamp }: LogRecord, { start_date, end_date }: typeof NIGHT) =>
  Date.parse(String(timestamp)) >= Date.parse(start_date) &&
  Date.parse(String(timestamp)) <= Date.parse(end_date)
const isError = ({ level }: LogRecord) => level === 'ERROR' || level === 'CRITICAL'

it('finds which cameras failed at night', async () => {
  const call = { tool: 'count_lines', input: { min_level: 'ERROR', ...NIGHT } }
  const { head, lines } = await ask(call)
  const failed = records.filter((record) => isError(record) && isWithin(record, NIGHT))
  expect(head).toBe(`Matching lines: ${failed.length}.`)
  const cameras = Map.groupBy(
    failed.filter(({ camera_id }) => camera_id != null),
    ({ camera_id }) => camera_id,
  )
  const counted = lines.filter((line) => 'camera_id' in line)
  expect(cameras.size).toBeGreaterThan(1)
  expect(counted).toHaveLength(cameras.size)
  for (const { camera_id, count } of counted)
    expect(cameras.get(camera_id as number)).toHaveLength(count as number)
  show('Which cameras failed in the night?', [call], [head, ...counted.map((line) => JSON.stringify(line))])
})

it('finds the kinds of error', async () => {
  const call = { tool: 'patterns', input: { ...DAYS } }
  const { head, lines } = await ask(call)
  const errors = records.filter(isError)
  expect(head).toContain(`: ${errors.length}; in groups`)
  const [first] = lines as { example: string; count: number; shape: string }[]
  const ends = first?.shape.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/<\w+>/g, '.+')
  const alike = errors.filter(({ message }) => new RegExp(`${ends}$`).test(message.trimEnd()))
  expect(alike).toHaveLength(first?.count ?? 0)
  show(
    'What were the most frequent errors?',
    [call],
    [head, ...lines.slice(0, 3).map(({ shape, count, level }) => JSON.stringify({ shape, count, level }))],
  )
})

it('finds how long requests took', async () => {
  const call = { tool: 'fields', input: { field: 'duration_ms', source: 'api', ...DAYS } }
  const { head, lines } = await ask(call)
  const durations = records
    .filter(({ source }) => source === 'api')
    .flatMap(({ extra_data }) =>
      typeof extra_data?.duration_ms === 'number' ? [extra_data.duration_ms] : [],
    )
  const { numbers } = lines[0] as { numbers: { count: number; min: number; max: number } }
  expect(numbers).toMatchObject({
    count: durations.length,
    min: Math.min(...durations),
    max: Math.max(...durations),
  })
  show('How long did requests take?', [call], [head, JSON.stringify({ field: 'duration_ms', numbers })])
})

it('follows the request that took the longest', async () => {
  const slowest = records
    .filter(({ source, extra_data }) => source === 'api' && extra_data?.request_id && extra_data.duration_ms)
    .toSorted((a, b) => Number(b.extra_data?.duration_ms) - Number(a.extra_data?.duration_ms))[0]
  const id = slowest?.extra_data?.request_id
  const search = {
    tool: 'search_lines',
    input: {
      q: `extra_data.duration_ms:>=${slowest?.extra_data?.duration_ms}`,
      source: 'api',
      limit: 1,
      ...DAYS,
    },
  }
  const found = await ask(search)
  expect(found.lines[0]).toMatchObject({ extra_data: { request_id: id } })
  const call = { tool: 'request_trail', input: { request_id: id } }
  const { head, lines } = await ask(call)
  expect(lines.map(({ message }) => message)).toEqual(
    records.filter(({ extra_data }) => extra_data?.request_id === id).map(({ message }) => message),
  )
  const shown = lines.map(({ timestamp, level, message }) => JSON.stringify({ timestamp, level, message }))
  show('What did the slowest request do?', [search, call], [found.head, head, ...shown])
})

it('finds what preceded a critical line', async () => {
  const search = { tool: 'search_lines', input: { min_level: 'CRITICAL', limit: 1, ...DAYS } }
  const found = await ask(search)
  const critical = records.findLast(({ level }) => level === 'CRITICAL')
  expect(found.lines[0]).toMatchObject({ level: 'CRITICAL', message: critical?.message })
  const call = {
    tool: 'surroundings',
    input: { id: found.lines[0]?.id, before: 3, after: 1, same: 'source' },
  }
  const { head, lines } = await ask(call)
  const alike = records.filter(({ source }) => source === critical?.source)
  const at = alike.findLastIndex(({ level }) => level === 'CRITICAL')
  expect(lines.map(({ message }) => message).toReversed()).toEqual(
    alike.slice(at - 3, at + 2).map(({ message }) => message),
  )
  const shown = lines.map(({ timestamp, level, message }) => JSON.stringify({ timestamp, level, message }))
  show(
    'What preceded the last critical line?',
    [search, { ...call, input: { ...call.input, id: '…' } }],
    [head, ...shown],
  )
  expectWritten('docs/assistants.md', 'questions', asked.join('\n\n'))
})
