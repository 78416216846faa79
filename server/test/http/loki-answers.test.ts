import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectWritten, markdownTable } from '../../../test/repository/written-section.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

// Made-up lines, requests, and what a real Loki (main branch of August 2026) answered to them; docs/grafana.md lists where
// ours differs, and why.
type Labels = Record<string, string>
type Line = [labels: Labels, nanos: string, line: string, metadata: Labels]
type Case = { path: string; query?: string; parameters: Labels; status: number; body: unknown }
const { lines, answers } = JSON.parse(
  gunzipSync(readFileSync(new URL('../cases/logql/cases.json.gz', import.meta.url))).toString(),
) as { lines: Line[]; answers: Case[] }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG', retention_days: 0 })
  const streams = Map.groupBy(lines, ([labels]) => JSON.stringify(labels))
  const body = {
    streams: [...streams].map(([labels, of]) => ({
      stream: JSON.parse(labels),
      values: of.map(([, nanos, line, metadata]) => [nanos, line, metadata]),
    })),
  }
  const pushed = await fetch(`${server.url}/loki/api/v1/push`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(pushed.status).toBe(204)
})
afterAll(() => server.close())

const ask = async ({ path, query, parameters }: Case) => {
  const search = new URLSearchParams({ ...(query !== undefined && { query }), ...parameters })
  const response = await fetch(`${server.url}${path}?${search}`, {
    headers: { authorization: `Bearer ${server.apiKey}` },
  })
  const text = await response.text()
  return { status: response.status, text, body: response.ok ? JSON.parse(text) : undefined }
}

/** Values that Loki rounds otherwise, or returns in no promised order. */
const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
const sorted = (labels: Labels) => JSON.stringify(Object.entries(labels).sort(byText))
const microseconds = (nanos: string) => nanos.slice(0, -3)
const significant = (value: string) => Number(Number(value).toPrecision(9))

type Series = { metric: Labels; value?: [number, string]; values?: [number, string][] }
type Stream = { stream: Labels; values: [string, string][] }

/** Seconds at which two sources of the lines have equally many, the least of all. */
const TIES = new Set([1795960800, 1795965000])
/** A choice among series, of which Loki takes any where their values are equal. */
const CHOOSES = /\b(?:topk|bottomk)\(/

/** With `isChoice` two series have equal values at `TIES`, and neither is compared there. */
function comparable(data: unknown, isChoice: boolean): unknown {
  const { resultType, result } = data as { resultType?: string; result: unknown[] }
  if (resultType === 'streams') {
    const of = (result as Stream[]).map(({ stream, values }) => [
      sorted(stream),
      values.map(([nanos, line]) => [microseconds(nanos), line]).sort(byText),
    ])
    return { resultType, result: of.sort(byText) }
  }
  if (resultType === 'matrix' || resultType === 'vector') {
    const of = (result as Series[]).map(({ metric, value, values }) => [
      sorted(metric),
      (values ?? (value ? [value] : []))
        .filter(([at]) => !(isChoice && TIES.has(at)))
        .map(([at, number]) => [at, significant(number)]),
    ])
    return { resultType, result: of.sort(byText) }
  }
  return data
}

/** Lists whose order Loki does not promise, wherever they stand. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unordered).sort(byText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, unordered(member)] as const)
      .sort(byText),
  )
}

const place = (text: string) =>
  /^parse error at line \d+, col \d+/.exec(text.trim())?.[0] ?? /^parse error :/.exec(text)?.[0] ?? text

/** Requests whose answers are meant to differ, by their distinguishing part, as docs/grafana.md has them. */
const DIFFERENT = [
  { of: '{source!="api"}', status: 200 },
  { of: 'index/volume_range', status: 200 },
  { of: 'patterns', status: 200 },
]

const nameOf = ({ path, query, parameters }: Case) =>
  `${path.slice(13)} ${query ?? Object.values(parameters).at(-1)}`

function kindOf({ path, status, body }: Case): string {
  if (status !== 200) return 'queries that Loki refuses'
  const { resultType } = body as { resultType?: string }
  if (resultType === undefined) return `\`${path.slice(13).replace(/^\/|\/$/g, '')}\``
  return resultType === 'streams' ? 'log queries' : 'metric queries'
}

describe('answers what a real Loki answers', () => {
  it.each(answers.map((one) => [nameOf(one), one] as const))('%s', async (name, one) => {
    const { status, text, body } = await ask(one)
    const different = DIFFERENT.find(({ of }) => name.includes(of))
    expect([status, status >= 400 && one.status === 200 ? text : '']).toEqual([
      different?.status ?? one.status,
      '',
    ])
    if (different) return
    if (status !== 200) expect(place(text)).toBe(place(String(one.body)))
    else if ('resultType' in (one.body as object)) {
      const isChoice = CHOOSES.test(one.query ?? '')
      expect(comparable(body.data, isChoice)).toEqual(comparable(one.body, isChoice))
    } else expect(unordered(body)).toEqual(unordered(one.body))
  })

  it('names each answer that is meant to differ in docs/grafana.md', () => {
    const docs = readFileSync(new URL('../../../docs/grafana.md', import.meta.url), 'utf8')
    for (const { of } of DIFFERENT) expect(docs).toContain(of)
  })

  // WRITE_DOCS=1 node scripts/run.mjs vitest run server/test/http/loki-answers.test.ts
  it('is what the table in docs/grafana.md says', () => {
    const kinds = Map.groupBy(answers, kindOf)
    const rows = [...kinds].map(([kind, of]) => {
      const different = of.filter((one) => DIFFERENT.some((meant) => nameOf(one).includes(meant.of))).length
      return [kind, String(of.length), String(of.length - different), String(different)]
    })
    const sum = (column: number) => String(rows.reduce((total, row) => total + Number(row[column]), 0))
    const table = markdownTable([
      ['requests', 'number', 'answered alike', 'meant to differ'],
      ...rows.toSorted(byText),
      ['all', sum(1), sum(2), sum(3)],
    ])
    expectWritten('docs/grafana.md', 'loki', table)
  })
})
