import { describe, expect, it } from 'vitest'
import { type ForecastInput, forecast } from './retention-forecast.ts'

const DAY_MS = 86_400_000
const GB = 1e9

/** 100,000 rows a day for 30 days, 500 bytes each, on a disk with room. */
const STEADY: ForecastInput = {
  rows: 3_000_000,
  recentRows: 700_000,
  ageMs: 30 * DAY_MS,
  partitionBytes: 1.5 * GB,
  freeBytes: 100 * GB,
  isFull: false,
  settings: { retention_days: 30, retention_max_bytes: 0, disk_reserve_bytes: 0 },
}

describe('the forecast', () => {
  it.each<{ title: string; change: Partial<ForecastInput>; verdict: string; finding: RegExp }>([
    { title: 'settles where age ends it', change: {}, verdict: 'ok', finding: /levels off at 1\.5 GB$/ },
    {
      title: 'settles at the budget',
      change: { settings: { ...STEADY.settings, retention_days: 0, retention_max_bytes: 2 * GB } },
      verdict: 'ok',
      finding: /levels off at 2\.0 GB$/,
    },
    {
      title: 'grows for ever, far from the end of the disk',
      change: { settings: { ...STEADY.settings, retention_days: 0 } },
      verdict: 'ok',
      finding: /not full for two years and more at this pace$/,
    },
    {
      title: 'is full before age ends it',
      change: { freeBytes: 0.5 * GB, settings: { ...STEADY.settings, retention_days: 365 } },
      verdict: 'warning',
      finding: /full in 10 days at this pace$/,
    },
    {
      title: 'counts the reserve as taken',
      change: {
        freeBytes: 0.5 * GB,
        settings: { retention_days: 365, retention_max_bytes: 0, disk_reserve_bytes: 0.4 * GB },
      },
      verdict: 'warning',
      finding: /full in 2 days at this pace$/,
    },
    {
      title: 'is full',
      change: { isFull: true, freeBytes: 0.1 * GB },
      verdict: 'failure',
      finding: /100 MB free; it is full$/,
    },
    {
      title: 'goes by the hour it has',
      change: { rows: 20_000, recentRows: 20_000, ageMs: 60_000, partitionBytes: 10_000_000 },
      verdict: 'ok',
      finding: /480,000 rows a day/,
    },
    {
      title: 'says when it cannot tell',
      change: { rows: 500, recentRows: 500 },
      verdict: 'ok',
      finding: /not enough data for a forecast/,
    },
    {
      title: 'sees no disk of another machine',
      change: { freeBytes: null },
      verdict: 'ok',
      finding: /disk usage is not available; levels off at 1\.5 GB$/,
    },
    {
      title: 'warns of a budget that is exceeded',
      change: { settings: { ...STEADY.settings, retention_max_bytes: GB } },
      verdict: 'warning',
      finding: /levels off at 1\.0 GB$/,
    },
  ])('$title', ({ change, verdict, finding }) => {
    const check = forecast({ ...STEADY, ...change })
    expect(check.finding).toMatch(finding)
    expect(check.verdict).toBe(verdict)
    expect(check.advice === undefined).toBe(verdict === 'ok')
  })
})
