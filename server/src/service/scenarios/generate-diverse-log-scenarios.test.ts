import { LEVELS, type LogRecord } from '@timelapser/logger'
import { describe, expect, it } from 'vitest'
import { decodeJsonRecords } from '../../ingest/json-records.ts'
import { generateDiverseLogScenarios, type ScenarioOptions } from './generate-diverse-log-scenarios.ts'

const RANGE = { fromMs: Date.parse('2026-06-01T00:00:00Z'), toMs: Date.parse('2026-06-08T00:00:00Z') }
const DEFAULTS: ScenarioOptions = { seed: 1, rows: 20_000, ...RANGE }

const generate = (options: Partial<ScenarioOptions> = {}): LogRecord[] => [
  ...generateDiverseLogScenarios({ ...DEFAULTS, ...options }),
]
const story = generate()
const count = (test: (record: LogRecord) => boolean) => story.filter(test).length

describe('scenarios', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(generate()).toEqual(story)
    expect(generate({ seed: 2 })).not.toEqual(story)
  })

  it.each([0, 1, 155, 5000])(
    'are %i records when so many are asked for, in order and in the range',
    (rows) => {
      const records = generate({ rows })
      expect(records.length).toBe(rows)
      const times = records.map(({ timestamp }) => timestamp)
      expect(times).toEqual(times.toSorted())
      for (const time of times) {
        expect(Date.parse(time)).toBeGreaterThanOrEqual(RANGE.fromMs)
        expect(Date.parse(time)).toBeLessThanOrEqual(RANGE.toMs)
      }
    },
  )

  it('fill the whole range, without a hole', () => {
    const days = Map.groupBy(story, ({ timestamp }) => timestamp.slice(0, 10))
    expect([...days.keys()].length).toBeGreaterThanOrEqual(7)
    for (const [day, of] of days) if (day < '2026-06-08') expect(of.length).toBeGreaterThan(1000)
  })

  it('hold every level and kind of source, also when they are few', () => {
    const few = generate({ rows: 155 })
    expect(new Set(few.map(({ level }) => level))).toEqual(new Set(LEVELS))
    const kinds = new Set(few.map(({ source }) => source.replace(/_\d+$/, '')))
    expect(kinds).toEqual(new Set(['system', 'worker', 'api', 'camera']))
  })

  it('are taken by ingest as they are', () => {
    const body = Buffer.from(story.map((record) => JSON.stringify(record)).join('\n'))
    const { records, rejections } = decodeJsonRecords(body, { now: '2026-06-08T00:00:00Z' })
    expect(rejections).toEqual([])
    expect(records).toEqual(story)
  })

  it('tell of broken streams by night more than by day', () => {
    const trouble = story.filter(({ message }) => message.startsWith('RTSP connection timeout'))
    const hourOf = ({ timestamp }: LogRecord) => Number(timestamp.slice(11, 13))
    const byNight = trouble.filter((record) => hourOf(record) < 5 || hourOf(record) >= 22).length
    expect(trouble.length).toBeGreaterThan(50)
    expect(byNight).toBeGreaterThan(trouble.length / 2)
  })

  it('hold a camera that falls silent, floods, stack traces, long lines and letters of many scripts', () => {
    const last = story.findLast(({ source }) => source === 'camera_8')
    expect(last && Date.parse(last.timestamp)).toBeLessThan(Date.parse('2026-06-06T12:00:00Z'))
    expect(count(({ message }) => message.includes('error while decoding MB'))).toBeGreaterThan(100)
    expect(count(({ message }) => message.startsWith('Traceback'))).toBeGreaterThan(10)
    expect(count(({ message }) => message.length > 2000)).toBeGreaterThan(10)
    expect(count(({ message }) => /[\u3000-\u9fff]/.test(message))).toBeGreaterThan(10)
    expect(count(({ message }) => /[\u0400-\u04ff]/.test(message))).toBeGreaterThan(10)
  })

  it('pair each request with its response', () => {
    const requests = story.filter(({ logger_name }) => logger_name === 'app.http')
    const byId = Map.groupBy(requests, ({ extra_data }) => extra_data?.request_id)
    const pairs = [...byId.values()].filter((of) => of.length === 2)
    expect(pairs.length).toBeGreaterThan(byId.size - 10)
  })

  it('can be those of some kinds alone, of so many cameras', () => {
    const records = generate({ rows: 2000, only: ['camera'], cameras: 3 })
    expect(new Set(records.map(({ source }) => source))).toEqual(
      new Set(['camera_1', 'camera_2', 'camera_3']),
    )
  })

  it('go on for ever at a rate', () => {
    const live = generateDiverseLogScenarios({
      seed: 1,
      rows: Number.POSITIVE_INFINITY,
      fromMs: RANGE.fromMs,
      toMs: Number.POSITIVE_INFINITY,
      rowsASecond: 50,
    })
    const times = Array.from({ length: 30_000 }, () => Date.parse((live.next().value as LogRecord).timestamp))
    const seconds = ((times.at(-1) ?? 0) - RANGE.fromMs) / 1000
    expect(30_000 / seconds).toBeGreaterThan(25)
    expect(30_000 / seconds).toBeLessThan(100)
  })
})
