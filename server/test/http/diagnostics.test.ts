import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Diagnosis } from '../../src/http/api-schemas.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

async function diagnose(method: 'GET' | 'POST', from = server): Promise<Diagnosis> {
  const { status, body } = await from.send(method, '/api/diagnostics')
  expect(status, JSON.stringify(body)).toBe(200)
  return body.data
}

function checkOf(diagnosis: Diagnosis, name: string): Diagnosis['checks'][number] {
  const check = diagnosis.checks.find((one) => one.name === name)
  if (!check) throw new Error(`there is no check ${name}`)
  return check
}

/** A line a minute of the last hours, up to some minutes ago. */
async function writeEveryMinute(source: string, hours: number, untilMinutesAgo: number, more: object = {}) {
  const lines = []
  for (let minute = hours * 60; minute >= untilMinutesAgo; minute--) {
    const timestamp = new Date(Date.now() - minute * 60_000).toISOString()
    lines.push({ level: 'INFO', message: `line of ${source}`, source, timestamp, ...more })
  }
  const { status } = await server.send('POST', '/api/logs', lines, { 'x-import': 'true' })
  expect(status).toBe(200)
}

describe('a diagnosis', () => {
  it('of a system nobody has used warns that no line was ever stored, and of nothing else', async () => {
    const diagnosis = await diagnose('GET')
    expect(diagnosis.verdict).toBe('warning')
    expect(diagnosis.checks.filter(({ verdict }) => verdict !== 'ok').map(({ name }) => name)).toEqual([
      'sources',
    ])
    expect(diagnosis.comparison).toBeNull()
  })

  it('sends a line of each level the whole way and finds them in the summary', async () => {
    await writeEveryMinute('worker', 3, 0)
    await writeEveryMinute('camera_1', 3, 0, { camera_id: 1 })
    const diagnosis = await diagnose('POST')
    expect(diagnosis.checks.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
    expect(diagnosis.comparison?.map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'ok', 'ok'])
    expect(diagnosis.comparison?.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Total logs: \d+ \(up from \d+\)$/),
      expect.stringMatching(
        /^All log levels present: DEBUG\(1\), INFO\(\d+\), WARNING\(1\), ERROR\(1\), CRITICAL\(1\)$/,
      ),
      'Camera logs: 181 camera-specific entries',
      'Sources: camera_1, diagnostic, worker',
    ])
    const { journeys } = checkOf(diagnosis, 'test lines').details as { journeys: Record<string, number>[] }
    expect(journeys).toHaveLength(5)
    for (const { database_ms, feed_ms, stream_ms } of journeys) {
      expect(database_ms).toBeGreaterThanOrEqual(0)
      expect(feed_ms).toBeGreaterThanOrEqual(0)
      expect(stream_ms).toBeGreaterThanOrEqual(0)
    }
  })

  it('has its test lines deleted by a job after 15 minutes, and no other line of that source', {
    tags: ['long'],
  }, async () => {
    await diagnose('POST')
    await server.send('POST', '/api/logs', {
      level: 'INFO',
      message: 'not of the diagnosis',
      source: 'diagnostic',
    })
    const { pool } = server.database.database
    const { rows } = await pool.query(
      `select bool_and(run_at > now() + interval '14 minutes') as wait from graphile_worker.jobs where task_identifier = 'diagnostic'`,
    )
    expect(rows).toEqual([{ wait: true }])
    await pool.query(`select graphile_worker.reschedule_jobs(array(
      select id from graphile_worker.jobs where task_identifier = 'diagnostic'), run_at => now())`)
    const left = async () => (await server.get('/api/logs?source=diagnostic')).body.data.logs
    await expect
      .poll(async () => (await left()).map(({ message }: { message: string }) => message))
      .toEqual(['not of the diagnosis'])
  })

  it('names the source that is silent against its usual cadence', async () => {
    await writeEveryMinute('camera_7', 5, 95, { camera_id: 7 })
    const timeRange = checkOf(await diagnose('GET'), 'time range')
    expect(timeRange).toMatchObject({
      verdict: 'warning',
      cause: expect.stringMatching(
        /^camera_7 is silent since .* \(9\d minutes\); it usually writes at least every 10 minutes/,
      ),
      advice: expect.stringContaining('--source camera_7'),
    })
  })

  it('tells of many silent sources in one sentence', async () => {
    for (let id = 20; id < 27; id++) await writeEveryMinute(`camera_${id}`, 5, 95, { camera_id: id })
    const { cause, advice } = checkOf(await diagnose('GET'), 'time range')
    expect(cause).toMatch(/^\d+ active sources are silent: camera_\d+ since .* and \d+ more\./)
    expect(advice?.match(/Check whether/g)).toHaveLength(1)
  })

  it('does not take the nights of a camera for silence', async () => {
    const lines = []
    for (let day = 6; day >= 0; day--) {
      // Six hours a day, the last of them ended eight hours ago.
      for (let minute = 14 * 60; minute > 8 * 60; minute -= 2) {
        const timestamp = new Date(Date.now() - day * 86_400_000 - minute * 60_000).toISOString()
        lines.push({ level: 'INFO', message: 'captured', source: 'camera_8', camera_id: 8, timestamp })
      }
    }
    await server.send('POST', '/api/logs', lines, { 'x-import': 'true' })
    const { silent } = checkOf(await diagnose('GET'), 'time range').details as {
      silent: { source: string }[]
    }
    expect(silent.map(({ source }) => source)).not.toContain('camera_8')
  })

  it('compares a stretch that does not move on in between', async () => {
    // Every second another of these leaves the last 24 hours.
    const lines = Array.from({ length: 400 }, (_, index) => ({
      ...{ level: 'INFO', message: `of yesterday ${index}`, source: 'old' },
      timestamp: new Date(Date.now() - 86_400_000 + index * 25).toISOString(),
    }))
    await server.send('POST', '/api/logs', lines, { 'x-import': 'true' })
    const { comparison } = await diagnose('POST')
    const [, after = 0, before = 0] =
      /^Total logs: (\d+) \(up from (\d+)\)$/.exec(comparison?.[0]?.text ?? '') ?? []
    expect(Number(after) - Number(before)).toBe(5)
  })

  it('tells cameras without lines, and lines that name no camera', async () => {
    await server.send('POST', '/api/cameras', { id: 50, name: 'North mast' })
    await server.send('POST', '/api/logs', { level: 'INFO', message: 'whose', source: 'camera_60' })
    const cameras = checkOf(await diagnose('GET'), 'cameras')
    expect(cameras.verdict).toBe('warning')
    expect(cameras.cause).toContain('camera 50 (North mast)')
    expect(cameras.cause).toContain('1 line of camera_60 name no camera.')
  })

  it('finds rows that were changed past the server', async () => {
    const { pool } = server.database.database
    await pool.query(`delete from logs where source = 'worker' and level = 'INFO'`)
    const counts = checkOf(await diagnose('GET'), 'counts')
    expect(counts.verdict).toBe('failure')
    expect(counts.cause).toMatch(/INFO is counted \d+ times and found \d+ times/)
  })

  it('names stored patterns that are no longer taken, by their place, and lines go on coming in', async () => {
    const { pool } = server.database.database
    await server.send('PUT', '/api/settings', { redaction: ['LIC-\\d'] })
    expect(checkOf(await diagnose('GET'), 'redaction')).toMatchObject({
      verdict: 'ok',
      finding: '1 pattern configured, 1 on a linear engine',
    })
    // As a version of other rules, or somebody by hand, left them.
    await pool.query(
      `update settings set value = '["[a", "pin(?=\\\\d)", "LIC-\\\\d"]' where name = 'redaction'`,
    )
    await pool.query(`select pg_notify('settings', 'redaction')`)
    const named = async () => checkOf(await diagnose('GET'), 'redaction')
    await expect.poll(named).toMatchObject({
      verdict: 'failure',
      cause: expect.stringMatching(
        /^Patterns that mask nothing: redaction\[0\] .*not a regular expression.* redaction\[1\]/,
      ),
    })
    const sent = await server.send('POST', '/api/logs', {
      level: 'INFO',
      message: 'LIC-1 pin2 [a',
      source: 'old',
    })
    expect(sent.status).toBe(200)
    const { body } = await server.get('/api/logs?source=old&q=LIC OR pin2 OR message:2')
    expect(body.data.logs[0].message).toBe('*** ***2 [a')
    // Those that are there may stay, and can be taken out one by one; new ones are refused.
    const set = (redaction: string[]) => server.send('PUT', '/api/settings', { redaction })
    expect((await set(['pin(?=\\d)', 'x(?=y)'])).body.message).toMatch(/^redaction\[1\] is not accepted/)
    expect((await set(['pin(?=\\d)'])).status).toBe(200)
    expect((await set([])).status).toBe(200)
  })

  it('says which job is late, since when, and whether it runs or fails', async () => {
    const { pool } = server.database.database
    expect(checkOf(await diagnose('GET'), 'jobs')).toMatchObject({
      verdict: 'ok',
      finding: 'No job is overdue',
    })
    await pool.query(`insert into job_runs (name, late_after, awaited_since, started_at, failed_at)
      select name, interval '1 hour', now() - age, now() - age, case when name = 'cleared' then now() end
      from (values ('retention', interval '4 hours'), ('cleared', interval '3 hours'), ('feed', interval '2 hours'))
        as late (name, age)`)
    const holder = await server.database.database.connect()
    await holder.query(`select pg_advisory_lock(7469009, hashtext('retention'))`)
    const { verdict, finding, cause, advice } = checkOf(await diagnose('GET'), 'jobs')
    await holder.end()
    const headers = { authorization: `Bearer ${server.apiKey}` }
    const metrics = await (await fetch(`${server.url}/metrics`, { headers })).text()
    expect(metrics).toContain('\ntimelapser_late_jobs 3\n')
    await pool.query('delete from job_runs')
    expect({ verdict, finding }).toEqual({ verdict: 'warning', finding: 'Overdue: retention, cleared, feed' })
    expect(cause).toMatch(
      /^The job retention has not completed since \S+Z \(4 hours\); it has been running since \S+Z \(4 hours\)\. The job cleared .* \(3 hours\); it failed at \S+Z\. The job feed .* \(2 hours\), and is not running\.$/,
    )
    expect(advice).toMatch(/pg_stat_activity.*"The job cleared failed".*Restart the server/)
  })

  it('answers with its other checks when one of packing cannot be made', async () => {
    const { pool } = server.database.database
    await pool.query('alter table log_packing rename to log_packing_away')
    const diagnosis = await diagnose('GET')
    await pool.query('alter table log_packing_away rename to log_packing')
    expect(checkOf(diagnosis, 'packing').verdict).toBe('failure')
    expect(checkOf(diagnosis, 'jobs')).toBeDefined()
  })

  it('is for administrators', async () => {
    const { body } = await server.send('POST', '/api/keys', { name: 'reads', scope: 'read' })
    const headers = { authorization: `Bearer ${body.data.secret}` }
    expect((await server.send('GET', '/api/diagnostics', undefined, headers)).status).toBe(403)
    expect((await server.send('POST', '/api/diagnostics', undefined, headers)).status).toBe(403)
  })
})

it('of a full disk says that nothing is stored, and what to do', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'timelapser-disk-'))
  const full = await startTestServer({ dataDirectory: directory })
  try {
    await full.send('PUT', '/api/settings', { disk_reserve_bytes: Number.MAX_SAFE_INTEGER })
    await expect.poll(async () => (await full.get('/readyz')).body.status).toBe('degraded')
    const diagnosis = await diagnose('POST', full)
    expect(diagnosis.verdict).toBe('failure')
    expect(checkOf(diagnosis, 'retention')).toMatchObject({
      verdict: 'failure',
      cause: expect.stringContaining('nothing is stored'),
      advice: expect.stringContaining('retention_days'),
    })
    expect(checkOf(diagnosis, 'test lines')).toMatchObject({ verdict: 'failure' })
  } finally {
    await full.close()
    await rm(directory, { recursive: true })
  }
})
