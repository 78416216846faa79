// Each way of reading lines, compared with a model of the rows that its reader may see.
import { LEVELS, type Level } from '@timelapser/logger'
import { expect } from 'vitest'
import { messageShape } from '../../src/service/insights/message-shape.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { byLevel, type ModelRow, matches, newestFirst } from '../store/brute-force.ts'
import { download } from '../support/download.ts'
import type { TestServer } from '../support/server.ts'

export const CAMERAS = [1, 2, 3, 4, 5]
export const RANGE = 'start_date=2026-01-01T00:00:00Z&end_date=2026-05-01T00:00:00Z'

export type Reader = { grants: number[]; min_level?: Level; headers: Record<string, string> }

export const idOf = ({ id }: { id: number }) => id

/** Each way of reading: its answer, and what it should be. */
export function visibilityChecks(
  server: TestServer,
  rows: readonly ModelRow[],
): Record<string, (reader: Reader) => Promise<void>> {
  const read = ({ headers }: Reader, path: string) => server.send('GET', path, undefined, headers)
  const dataOf = async (reader: Reader, path: string) => (await read(reader, path)).body.data
  const visible = ({ grants, min_level }: Reader, filter: Omit<LogFilter, 'visibility'> = {}) =>
    newestFirst(
      rows.filter((row) =>
        matches({ visibility: { cameras: grants, ...(min_level && { min_level }) }, ...filter }, row),
      ),
    )

  return {
    list: async (reader) => {
      const { logs, pagination } = await dataOf(reader, '/api/logs?limit=1000')
      expect(logs.map(idOf)).toEqual(visible(reader).map(idOf))
      expect(pagination).toMatchObject({ total_items: logs.length, total_is_exact: true })
    },
    'list of each camera by filter': async (reader) => {
      for (const camera of CAMERAS) {
        const { pagination } = await dataOf(reader, `/api/logs?camera_id=${camera}&limit=1`)
        expect(pagination.total_items).toBe(visible(reader, { cameras: [camera] }).length)
      }
    },
    search: async (reader) => {
      const { logs, pagination } = await dataOf(reader, '/api/logs/search?query=timeout&limit=1000')
      expect(logs.map(idOf)).toEqual(visible(reader, { search: 'timeout' }).map(idOf))
      expect(pagination.total_items).toBe(logs.length)
    },
    export: async (reader) => {
      const url = `${server.url}/api/logs/export?fields=id`
      const { body, headers } = await download(url, reader.headers)
      const lines = visible(reader).map(({ id }) => `{"id":${id}}\n`)
      expect(body.toString()).toBe(lines.reverse().join(''))
      expect(headers['x-export-total']).toBe(String(lines.length))
    },
    'search syntax, also where it says or and not': async (reader) => {
      const q = encodeURIComponent('camera:2 or -level:info or source:camera_4')
      const { logs } = await dataOf(reader, `/api/logs?q=${q}&limit=1000`)
      const found = visible(reader).filter(
        ({ camera_id, source, level }) =>
          camera_id === 2 || source === 'camera_2' || level !== 'INFO' || source === 'camera_4',
      )
      expect(logs.map(idOf)).toEqual(found.map(idOf))
    },
    stats: async (reader) => {
      const { summary } = await dataOf(reader, `/api/logs/stats?${RANGE}`)
      const seen = visible(reader)
      const counts = byLevel(seen)
      expect(summary).toMatchObject({
        total_logs: seen.length,
        critical_count: counts.CRITICAL,
        error_count: counts.ERROR,
        warning_count: counts.WARNING,
        info_count: counts.INFO,
        debug_count: counts.DEBUG,
        unique_sources: new Set(seen.map(({ source }) => source)).size,
        unique_cameras: new Set(seen.flatMap(({ camera_id }) => camera_id ?? [])).size,
        first_log_at: seen.at(-1)?.timestamp ?? null,
        last_log_at: seen[0]?.timestamp ?? null,
      })
    },
    sources: async (reader) => {
      const { sources, total_sources } = await dataOf(reader, '/api/logs/sources')
      const bySource = Map.groupBy(visible(reader), ({ source }) => source)
      const found = [...bySource].map(([source, of]) => ({
        source,
        log_count: of.length,
        last_log_at: of[0]?.timestamp ?? null,
        error_count: byLevel(of).ERROR,
        warning_count: byLevel(of).WARNING,
      }))
      const byName = (a: { source: string }, b: { source: string }) => (a.source < b.source ? -1 : 1)
      expect(sources.toSorted(byName)).toEqual(found.toSorted(byName))
      expect(total_sources).toBe(found.length)
    },
    histogram: async (reader) => {
      const { total, buckets } = await dataOf(reader, `/api/logs/histogram?${RANGE}`)
      const counts = byLevel(visible(reader))
      expect(total).toBe(visible(reader).length)
      for (const level of LEVELS) {
        const name = level.toLowerCase()
        const sum = buckets.reduce(
          (all: number, bucket: Record<string, number>) => all + (bucket[name] ?? 0),
          0,
        )
        expect(sum).toBe(counts[level])
      }
    },
    'charts, from kept counts and from lines': async (reader) => {
      for (const name of ['source', 'logger_name'] as const) {
        const chart = await dataOf(reader, `/api/logs/chart?${RANGE}&by=${name}&limit=2`)
        const counted = [...Map.groupBy(visible(reader), (row) => row[name])]
        const told = chart.series.map(({ values, lines }: { values: unknown[]; lines: number }) => [
          values[0],
          lines,
        ])
        for (const [value, lines] of told) {
          expect([value, lines]).toEqual([value, counted.find(([one]) => one === value)?.[1].length])
        }
        expect([chart.total_groups, chart.lines]).toEqual([counted.length, visible(reader).length])
      }
      const of = async (field: string) =>
        (await dataOf(reader, `/api/logs/chart?${RANGE}&measure=distinct&totals=true&field=${field}`))
          .series[0].value
      expect(await of('source')).toBe(new Set(visible(reader).map(({ source }) => source)).size)
    },
    facets: async (reader) => {
      const facets = await dataOf(reader, `/api/logs/facets?${RANGE}`)
      const told = (name: string) =>
        Object.fromEntries(facets[name].map(({ value, count }: Record<string, unknown>) => [value, count]))
      for (const name of ['level', 'source'] as const) {
        const counted = [...Map.groupBy(visible(reader), (row) => row[name])]
        expect(told(name)).toEqual(Object.fromEntries(counted.map(([value, of]) => [value, of.length])))
      }
      // A camera's are those with its id and those of its source, which may be another's.
      const ofCameras = CAMERAS.map((id) => [id, visible(reader, { cameras: [id] }).length] as const)
      expect(told('camera_id')).toEqual(Object.fromEntries(ofCameras.filter(([, count]) => count > 0)))
      for (const { value, label } of facets.camera_id) {
        expect(label).toBe(reader.grants.includes(value) ? `Name ${value}` : `Camera ${value}`)
      }
    },
    'messages by shape': async (reader) => {
      const { groups, total } = await dataOf(reader, `/api/debug/errors?${RANGE}&min_level=DEBUG&limit=500`)
      const shapes = [...Map.groupBy(visible(reader), ({ message }) => messageShape(message))]
      const told = groups.map((group: { shape: string; count: number }) => [group.shape, group.count])
      expect(Object.fromEntries(told)).toEqual(
        Object.fromEntries(shapes.map(([shape, of]) => [shape, of.length])),
      )
      expect(total).toBe(visible(reader).length)
    },
    'what is new': async (reader) => {
      const since = '2026-03-31T00:00:00Z'
      const query = `start_date=${since}&end_date=2026-05-01T00:00:00Z&min_level=DEBUG&compared_days=30`
      const { groups, sources } = await dataOf(reader, `/api/debug/new?${query}`)
      const [present, before] = [
        visible(reader, { start: since }),
        visible(reader, { start: '2026-03-01T00:00:00Z' }),
      ]
      const past = before.filter((row) => !present.includes(row))
      const isNew = (of: (row: ModelRow) => string) => {
        const known = new Set(past.map(of))
        return [...new Set(present.map(of))].filter((value) => !known.has(value)).toSorted()
      }
      expect(groups.map(({ shape }: { shape: string }) => shape).toSorted()).toEqual(
        isNew(({ message }) => messageShape(message)),
      )
      expect(sources.map(({ source }: { source: string }) => source)).toEqual(isNew(({ source }) => source))
    },
    loggers: async (reader) => {
      const { loggers } = await dataOf(reader, `/api/debug/loggers?${RANGE}`)
      const counted = [...Map.groupBy(visible(reader), ({ logger_name }) => logger_name)]
      const told = loggers.map((one: { logger_name: string; count: number }) => [
        String(one.logger_name),
        one.count,
      ])
      expect(Object.fromEntries(told)).toEqual(
        Object.fromEntries(counted.map(([name, of]) => [String(name), of.length])),
      )
    },
    fields: async (reader) => {
      const { fields, total } = await dataOf(reader, `/api/debug/fields?${RANGE}&limit=500`)
      const lines = new Map<string, number>()
      for (const { extra_data } of visible(reader)) {
        for (const key of Object.keys(extra_data ?? {})) lines.set(key, (lines.get(key) ?? 0) + 1)
      }
      const told = fields.map((one: { field: string; lines: number }) => [one.field, one.lines])
      expect(Object.fromEntries(told)).toEqual(Object.fromEntries(lines))
      expect(total).toBe(visible(reader).length)
    },
    'last lines of services': async (reader) => {
      const names = ['api', 'camera_1', 'camera_4']
      const { services } = await dataOf(
        reader,
        `/api/debug/services?${names.map((name) => `service=${name}`).join('&')}`,
      )
      const newest = names.map((name) => visible(reader, { sources: [name] })[0]?.id)
      expect(services.map(({ last_log }: { last_log: ModelRow | null }) => last_log?.id)).toEqual(newest)
    },
    'the surroundings of a log': async (reader) => {
      const seen = visible(reader)
      for (const row of rows.filter((_, index) => index % 80 === 0)) {
        const { status, body } = await read(reader, `/api/logs/${row.id}/context?before=3&after=3`)
        const at = seen.indexOf(row)
        expect([row, status]).toEqual([row, at === -1 ? 404 : 200])
        if (at !== -1)
          expect(body.data.logs.map(idOf)).toEqual(seen.slice(Math.max(at - 3, 0), at + 4).map(idOf))
      }
    },
    'one log by id': async (reader) => {
      const seen = new Set(visible(reader).map(idOf))
      for (const row of rows.filter((_, index) => index % 40 === 0)) {
        const { status } = await read(reader, `/api/logs/${row.id}`)
        expect([row, status]).toEqual([row, seen.has(row.id) ? 200 : 404])
      }
    },
    "one camera's logs": async (reader) => {
      for (const camera of [...CAMERAS, 99]) {
        const { status, body } = await read(reader, `/api/logs/cameras/${camera}?limit=1000`)
        const seen = visible(reader, { cameras: [camera] })
        if (seen.length === 0 && !reader.grants.includes(camera))
          expect([camera, status]).toEqual([camera, 404])
        else expect(body.data.logs.map(idOf)).toEqual(seen.map(idOf))
      }
    },
    'export, with its total': async (reader) => {
      for (const search of ['', '&search=timeout']) {
        const response = await fetch(`${server.url}/api/logs/export?fields=id&order=newest${search}`, {
          headers: reader.headers,
        })
        const lines = (await response.text()).split('\n').filter(Boolean)
        const seen = visible(reader, search ? { search: 'timeout' } : {})
        expect(lines.map((line) => idOf(JSON.parse(line)))).toEqual(seen.map(idOf))
        expect(response.headers.get('x-export-total')).toBe(String(seen.length))
      }
    },
    cameras: async (reader) => {
      const { cameras, total_cameras } = await dataOf(reader, '/api/cameras')
      expect(cameras.map(idOf).toSorted()).toEqual(reader.grants.toSorted())
      expect(total_cameras).toBe(reader.grants.length)
    },
    'activity of cameras': async (reader) => {
      for (const hours of [24, 168]) {
        const end = '2026-04-02T20:10:30Z'
        const { cameras, start, bucket_seconds } = await dataOf(
          reader,
          `/api/cameras/activity?hours=${hours}&end_date=${end}`,
        )
        const seen = (id: number) => visible(reader, { cameras: [id], end: end.replace('30Z', '59.999999Z') })
        const stepOf = ({ timestamp }: { timestamp: string }) =>
          Math.floor((Date.parse(timestamp) - Date.parse(start)) / (bucket_seconds * 1000))
        const inSteps = (of: readonly ModelRow[]) => {
          const counts = new Array<number>((hours * 3600) / bucket_seconds).fill(0)
          for (const row of of) if (stepOf(row) >= 0) counts[stepOf(row)] = (counts[stepOf(row)] ?? 0) + 1
          return counts
        }
        const isError = ({ level }: ModelRow) => level === 'ERROR' || level === 'CRITICAL'
        const told = cameras.map((camera: Record<string, never>) => [camera.id, camera.logs, camera.errors])
        const expected = reader.grants.map((id) => [id, inSteps(seen(id)), inSteps(seen(id).filter(isError))])
        expect(told.toSorted()).toEqual(expected.toSorted())
        for (const { id, last_log } of cameras) {
          const [last] = visible(reader, { cameras: [id], end })
          expect([id, last_log?.id]).toEqual([id, last?.id])
        }
      }
    },
    "Loki's lines, labels, series and counts": async (reader) => {
      const range = 'start=2026-01-01T00:00:00Z&end=2026-05-01T00:00:00Z'
      const ask = (path: string) => dataOf(reader, `/loki/api/v1/${path}`)
      const all = encodeURIComponent('{level=~".+"}')
      const seen = visible(reader)
      type Stream = { values: [string, string][] }
      const streams: Stream[] = (await ask(`query_range?query=${all}&${range}&limit=1000`)).result
      const lines = streams.flatMap(({ values }) => values.map(([, line]) => line))
      expect(lines.toSorted()).toEqual(seen.map(({ message }) => message).toSorted())
      const valuesOf = async (label: string) => (await ask(`label/${label}/values?${range}`)).toSorted()
      expect(await valuesOf('source')).toEqual([...new Set(seen.map(({ source }) => source))].toSorted())
      expect(await valuesOf('level')).toEqual([...new Set(seen.map(({ level }) => level))].toSorted())
      const ofCameras = new Set(seen.flatMap(({ camera_id }) => camera_id ?? []))
      expect(await valuesOf('camera')).toEqual([...ofCameras].map(String).toSorted())
      const names = new Set(seen.flatMap(({ logger_name }) => logger_name ?? []))
      expect(await valuesOf('logger_name')).toEqual([...names].toSorted())
      const series = await ask(`series?match[]=${all}&${range}`)
      const distinct = new Set(
        seen.map(({ level, source, camera_id, logger_name }) =>
          JSON.stringify([level, source, camera_id, logger_name]),
        ),
      )
      expect(series.length).toBe(distinct.size)
      // From the kept counts, and from rows.
      for (const stages of ['', '| json | __error__=~".*"']) {
        const count = encodeURIComponent(`sum(count_over_time({level=~".+"} ${stages} [3000h]))`)
        const { result } = await ask(`query?query=${count}&time=2026-05-01T00:00:00Z`)
        const total = result.reduce(
          (sum: number, { value }: { value: [number, string] }) => sum + Number(value[1]),
          0,
        )
        expect(total).toBe(seen.length)
      }
    },
    "Loki's volumes, fields and patterns": async (reader) => {
      const range = 'start=2026-01-01T00:00:00Z&end=2026-05-01T00:00:00Z'
      const all = `query=${encodeURIComponent('{level=~".+"}')}`
      const ask = async (path: string) =>
        (await read(reader, `/loki/api/v1/${path}?${all}&${range}&limit=5000`)).body
      const seen = visible(reader)
      expect((await ask('index/stats')).entries).toBe(seen.length)
      const bytes = seen.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0)
      for (const path of ['index/volume', 'index/volume_range']) {
        const { result } = (await ask(path)).data
        type Volume = { value?: [number, string]; values?: [number, string][] }
        const points = result.flatMap(({ value, values }: Volume) => values ?? [value])
        const total = points.reduce((sum: number, [, of]: [number, string]) => sum + Number(of), 0)
        expect(total).toBeGreaterThanOrEqual(bytes)
        expect(total).toBeLessThanOrEqual(bytes + seen.length * 500)
        if (seen.length === 0) expect(total).toBe(0)
      }
      const levels = new Set(seen.map(({ level }) => level)).size
      const { detectedLabels } = await ask('detected_labels')
      const ofLevel = detectedLabels.find(({ label }: { label: string }) => label === 'level')
      expect(ofLevel?.cardinality ?? 0).toBe(levels)
      const patterns: { samples: [number, number][] }[] = (await ask('patterns')).data
      const counted = patterns.flatMap(({ samples }) => samples).reduce((sum, [, count]) => sum + count, 0)
      expect(counted).toBeLessThanOrEqual(seen.length)
      const { fields } = await ask('detected_fields')
      if (seen.every(({ extra_data }) => extra_data === null)) expect(fields).toEqual([])
    },
    levels: async (reader) => {
      const { overrides } = await dataOf(reader, '/api/levels')
      const targets = overrides.map(({ target }: { target: string }) => Number(target))
      expect(targets.toSorted()).toEqual(reader.grants.toSorted())
    },
    settings: async (reader) => {
      const { settings } = await dataOf(reader, '/api/settings')
      expect(settings).toMatchObject({ retention_by_source: {}, redaction: [], retention_days: 30 })
    },
    'metrics, which count everything': async (reader) => {
      expect((await read(reader, '/metrics')).status).toBe(403)
    },
    'pages from cursor to cursor': async (reader) => {
      const ids: number[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page = await dataOf(
          reader,
          `/api/logs?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
        )
        ids.push(...page.logs.map(idOf))
        cursor = page.pagination.next_cursor
      }
      expect(ids).toEqual(visible(reader).map(idOf))
    },
  }
}
