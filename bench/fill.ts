import { inLanes, Poster } from './post.ts'
import { makeRecord, type RecordMaker, seeded } from './records.ts'
import type { BenchSystem } from './system.ts'

const BATCH = 5000
const LANES = 4
const DAY_MS = 86_400_000
/** How far back the rows of `today` reach, at any time of day. */
const TODAY_MS = 12 * 3_600_000

/** The camera that was last heard of a week ago. */
const SILENT_CAMERA = 99

export type FillOptions = {
  /** Rows spread evenly over the days before those. */
  rows: number
  days: number
  /** Rows of the last twelve hours. */
  today: number
  /** Makes each row. */
  make?: RecordMaker | undefined
}

/** Fills a fresh system by way of its API and returns tokens that each stand in one row alone. */
export async function fill(
  system: BenchSystem,
  { rows, days, today, make = makeRecord }: FillOptions,
): Promise<{ rareTokens: string[] }> {
  await system.request('PUT', '/api/settings', { log_level: 'DEBUG', retention_days: Math.max(30, days + 1) })
  const headers = {
    authorization: `Bearer ${system.apiKey}`,
    'content-type': 'application/x-ndjson',
    'x-import': 'true',
  }
  const poster = new Poster({ url: `${system.url}/api/logs`, connections: LANES, headers })
  const rareTokens: string[] = []
  const end = Date.now() - TODAY_MS
  await write(rows, end - days * DAY_MS, days * DAY_MS)
  await write(today, end, TODAY_MS)
  poster.close()
  return { rareTokens }

  async function write(count: number, from: number, span: number): Promise<void> {
    const batches = Math.ceil(count / BATCH)
    await inLanes(LANES, batches, async (batch) => {
      const random = seeded(1000 + batch + from)
      const lines: string[] = []
      for (let index = 0; index < BATCH; index++) {
        const at = from + ((batch * BATCH + index) / (batches * BATCH)) * span
        const record = make(random, at)
        if (index === 0) rareTokens.push(/[0-9a-f]{8}/.exec(record.message.slice(-9))?.[0] ?? '')
        lines.push(JSON.stringify(index === 1 && isSilentSince(at) ? silent(record) : record))
      }
      await poster.post(lines.join('\n'))
    })
  }

  function isSilentSince(at: number): boolean {
    return at < end - 7 * DAY_MS
  }
}

function silent(record: ReturnType<RecordMaker>): ReturnType<RecordMaker> {
  return { ...record, level: 'CRITICAL', source: `camera_${SILENT_CAMERA}`, camera_id: SILENT_CAMERA }
}
