// Facets over HTTP: each counts under every filter but its own, so that a list goes on offering what else there is.
import { LEVELS } from '@timelapser/logger'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { randomRuns } from '../support/random-runs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const NAMES: Readonly<Record<number, string>> = { 1: 'Front Door', 2: 'Roof' }
const SOURCES = ['api', 'worker', 'camera_1', 'camera_3']
const RANKED: readonly string[] = LEVELS
const START = Date.parse('2026-03-30T21:58:30Z')

/** Over three hours and a midnight; each period is a prime number, so that every combination occurs. */
const LINES = Array.from({ length: 1100 }, (_, index) => ({
  timestamp: new Date(START + index * 10_007).toISOString(),
  level: LEVELS[index % 5] as string,
  source: SOURCES[(index % 7) % 4] as string,
  camera_id: index % 11 < 8 ? (index % 3) + 1 : null,
  message: index % 13 < 6 ? 'timeout' : 'captured',
}))
type Line = (typeof LINES)[number]

const isOfCamera = (line: Line, id: string) => line.camera_id === Number(id) || line.source === `camera_${id}`

/** The lines that each parameter lets through, in plain code. */
const PARAMETERS: Readonly<Record<string, (line: Line, values: string[]) => boolean>> = {
  level: ({ level }, values) => values.includes(level),
  exclude_level: ({ level }, values) => !values.includes(level),
  min_level: ({ level }, [least]) => RANKED.indexOf(level) >= RANKED.indexOf(least ?? ''),
  source: ({ source }, values) => values.includes(source),
  exclude_source: ({ source }, values) => !values.includes(source),
  camera_id: (line, values) => values.some((id) => isOfCamera(line, id)),
  exclude_camera_id: (line, values) => !values.some((id) => isOfCamera(line, id)),
  search: ({ message }, [text]) => message.includes(text ?? ''),
  q: ({ level, message }) => level !== 'DEBUG' && message.includes('time'),
  start_date: ({ timestamp }, [start]) => timestamp >= (start ?? ''),
  end_date: ({ timestamp }, [end]) => timestamp <= (end ?? ''),
}

/** The parameters that filter by what the facet lists. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  level: ['level', 'exclude_level', 'min_level'],
  source: ['source', 'exclude_source'],
  camera_id: ['camera_id', 'exclude_camera_id'],
}

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  for (const [id, name] of Object.entries(NAMES))
    await server.send('POST', '/api/cameras', { id: Number(id), name })
  const stored = await server.send('POST', '/api/logs', LINES, { 'x-import': 'true' })
  expect(stored.body.data.accepted).toBe(LINES.length)
})

afterAll(() => server.close())

type Query = Record<string, string[]>

function valuesOf(facet: string, line: Line): string[] {
  if (facet === 'level') return [line.level]
  if (facet === 'source') return [line.source]
  return ['1', '2', '3'].filter((id) => isOfCamera(line, id))
}

/** The expected counts of a facet. */
function counted(facet: string, query: Query): Record<string, number> {
  const others = Object.entries(query).filter(([name]) => !OWN[facet]?.includes(name))
  const counts: Record<string, number> = {}
  for (const line of LINES) {
    if (!others.every(([name, values]) => PARAMETERS[name]?.(line, values))) continue
    for (const value of valuesOf(facet, line)) counts[value] = (counts[value] ?? 0) + 1
  }
  return counts
}

type FacetValue = { value: string | number; label: string; count: number }

/** Asks for the facets and compares them; their data. */
async function expectFacets(query: Query): Promise<Record<string, FacetValue[]>> {
  const asked = new URLSearchParams()
  for (const [name, values] of Object.entries(query)) for (const value of values) asked.append(name, value)
  const { status, body } = await server.get(`/api/logs/facets?${asked}`)
  expect(status).toBe(200)
  for (const facet of Object.keys(OWN)) {
    const values: FacetValue[] = body.data[facet]
    const found = Object.fromEntries(values.map(({ value, count }) => [value, count]))
    expect(found, `${facet} under ${asked}`).toEqual(counted(facet, query))
  }
  return body.data
}

it.each<[string, Query, string]>([
  ['level', { level: ['ERROR'], source: ['api'] }, 'INFO'],
  ['level', { min_level: ['ERROR'], source: ['api'] }, 'DEBUG'],
  ['level', { exclude_level: ['INFO'], source: ['api'] }, 'INFO'],
  ['source', { source: ['api'], level: ['ERROR'] }, 'worker'],
  ['source', { exclude_source: ['worker'], level: ['ERROR'] }, 'worker'],
  ['camera_id', { camera_id: ['1'], level: ['ERROR'] }, '2'],
  ['camera_id', { exclude_camera_id: ['1'], search: ['timeout'] }, '1'],
])('%s goes on listing what its own filter of %j leaves out', async (facet, query, left) => {
  const facets = await expectFacets(query)
  const entry = facets[facet]?.find(({ value }) => String(value) === left)
  expect(entry?.count).toBeGreaterThan(0)
  expect(entry?.count).toBe(counted(facet, query)[left])
})

it('names cameras and lists levels as they rank, the rest by their counts', async () => {
  const { level, source, camera_id } = await expectFacets({})
  expect(level?.map(({ value }) => value)).toEqual(LEVELS.toReversed())
  const names = Object.fromEntries(camera_id?.map(({ value, label }) => [value, label]) ?? [])
  expect(names).toEqual({ ...NAMES, 3: 'Camera 3' })
  for (const facet of [source, camera_id]) {
    const counts = facet?.map(({ count }) => count) ?? []
    expect(counts).toEqual(counts.toSorted((a, b) => b - a))
  }
})

it('agrees with counting by hand under any filters together', async () => {
  const some = (values: readonly string[]) =>
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })
  const one = (...values: string[]) => fc.constantFrom(...values).map((value) => [value])
  const at = (from: number, to: number) =>
    fc.integer({ min: from, max: to }).map((index) => [LINES[index]?.timestamp ?? ''])
  const queries = fc.record(
    {
      level: some(LEVELS),
      exclude_level: some(LEVELS),
      min_level: one(...LEVELS),
      source: some(SOURCES),
      exclude_source: some(SOURCES),
      camera_id: some(['1', '2', '3']),
      exclude_camera_id: some(['1', '2', '3']),
      search: one('timeout', 'captured'),
      q: one('time -level:debug'),
      start_date: at(0, 500),
      end_date: at(501, 1099),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(queries, async (query) => void (await expectFacets(query))),
    { numRuns: randomRuns(60) },
  )
})
