import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../test/support/free-port.ts'
import { openEvents } from '../support/event-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const RULES = join(import.meta.dirname, '../../../examples/prometheus/timelapser-logs.rules.yml')

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

async function scrape(key = server.apiKey): Promise<{ status: number; text: string; type: string | null }> {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') }
}

async function sampled(sample: string): Promise<number | undefined> {
  const line = (await scrape()).text.split('\n').find((one) => one.startsWith(`${sample} `))
  return line === undefined ? undefined : Number(line.slice(sample.length + 1))
}

describe('/readyz', () => {
  it('names each thing it looked at', async () => {
    const response = await fetch(`${server.url}/readyz`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      status: 'ready',
      checks: { database: 'ok', migrations: 'ok', feed: 'ok', disk: 'ok', writable: 'ok', jobs: 'ok' },
    })
  })

  it('is unavailable while a migration is missing', async () => {
    const { pool } = server.database.database
    const { rows } = await pool.query('delete from migrations where id = 1 returning *')
    const response = await fetch(`${server.url}/readyz`)
    await pool.query('insert into migrations select * from json_populate_record(null::migrations, $1)', rows)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await response.json()).toMatchObject({
      status: 'unavailable',
      checks: { database: 'ok', migrations: 'failed' },
    })
  })

  it('is degraded while a job is late, whose name is for those who may diagnose', async () => {
    const { pool } = server.database.database
    await pool.query(`insert into job_runs (name, late_after, awaited_since)
      values ('retention', '150 minutes', now() - interval '149 minutes'), ('feed', '1 hour', now())`)
    const ready = async () => (await fetch(`${server.url}/readyz`)).json()
    expect(await ready()).toMatchObject({ status: 'ready', checks: { jobs: 'ok' } })
    await pool.query(
      `update job_runs set awaited_since = now() - interval '3 hours' where name = 'retention'`,
    )
    expect(await ready()).toEqual({
      status: 'degraded',
      checks: { database: 'ok', migrations: 'ok', feed: 'ok', disk: 'ok', writable: 'ok', jobs: 'failed' },
    })
    await pool.query(`update job_runs set finished_at = now() where name = 'retention'`)
    expect(await ready()).toMatchObject({ status: 'ready', checks: { jobs: 'ok' } })
    await pool.query('delete from job_runs')
  })

  it('is degraded, and still answers, below the reserve of the disk', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'timelapser-disk-'))
    const small = await startTestServer({ dataDirectory: directory })
    try {
      await small.send('PUT', '/api/settings', { disk_reserve_bytes: Number.MAX_SAFE_INTEGER })
      await expect
        .poll(async () => (await fetch(`${small.url}/readyz`)).json())
        .toEqual({
          status: 'degraded',
          checks: {
            database: 'ok',
            migrations: 'ok',
            feed: 'ok',
            disk: 'failed',
            writable: 'ok',
            jobs: 'ok',
          },
        })
      expect((await fetch(`${small.url}/readyz`)).status).toBe(200)
    } finally {
      await small.close()
      await rm(directory, { recursive: true })
    }
  })
})

describe('/metrics', () => {
  it('counts what was stored, and what was not by reason', async () => {
    const stored = (await sampled('timelapser_rows_stored_total')) ?? 0
    await server.send('POST', '/api/logs', [
      { level: 'INFO', message: 'kept', source: 'api' },
      { level: 'DEBUG', message: 'held back', source: 'api' },
      { level: 'INFO', message: 'long ago', source: 'api', timestamp: '1970-01-01T00:00:00Z' },
      'no record',
    ])
    expect(await sampled('timelapser_rows_stored_total')).toBe(stored + 2)
    expect(await sampled('timelapser_rows_not_stored_total{reason="filtered"}')).toBe(1)
    expect(await sampled('timelapser_rows_not_stored_total{reason="rejected"}')).toBe(1)
    expect(await sampled('timelapser_rows_not_stored_total{reason="stored_at_arrival"}')).toBe(1)
    expect(await sampled('timelapser_flush_seconds_count{outcome="stored"}')).toBeGreaterThan(0)
  })

  it('tells who is looking, how far the feed is and what the database holds', async () => {
    expect(await sampled('timelapser_stream_subscribers')).toBe(0)
    const events = await openEvents(`${server.url}/api/logs/stream`, {
      authorization: `Bearer ${server.apiKey}`,
    })
    await expect.poll(() => sampled('timelapser_stream_subscribers')).toBe(1)
    events.close()
    expect(await sampled('timelapser_feed_lag_seconds')).toBeLessThan(5)
    expect(await sampled('timelapser_partitions')).toBeGreaterThan(0)
    expect(await sampled('timelapser_database_bytes')).toBeGreaterThan(0)
    expect(await sampled('timelapser_database_up')).toBe(1)
    expect(await sampled('process_resident_memory_bytes')).toBeGreaterThan(0)
  })

  it('is open to a read key, and not to one of some cameras or one that only writes', async () => {
    const keyOf = async (body: object) => (await server.send('POST', '/api/keys', body)).body.data.secret
    const all = await scrape(await keyOf({ name: 'prometheus', scope: 'read' }))
    expect(all.status).toBe(200)
    expect(all.type).toContain('text/plain; version=0.0.4')
    expect((await scrape(await keyOf({ name: 'one', scope: 'read', cameras: [1] }))).status).toBe(403)
    expect((await scrape(await keyOf({ name: 'in', scope: 'ingest' }))).status).toBe(403)
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401)
  })

  const promtool = spawnSync('promtool', ['--version']).error ? undefined : 'promtool'
  const skipped = promtool
    ? ''
    : ' (skipped: promtool is not installed; Debian has it in the package prometheus)'

  it.skipIf(!promtool)(`passes Prometheus' own check${skipped}`, async () => {
    expect(await check(['check', 'metrics'], (await scrape()).text)).toEqual({ code: 0, said: '' })
  })

  it.skipIf(!promtool)(`has example alerts that Prometheus takes${skipped}`, async () => {
    const { code, said } = await check(['check', 'rules', RULES], '')
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('SUCCESS') })
  })

  it('has example alerts on metrics that exist', async () => {
    const { text } = await scrape()
    const named = new Set((await readFile(RULES, 'utf8')).match(/timelapser_\w+/g))
    for (const name of named) expect(text).toContain(`# TYPE ${name.replace(/_count$/, '')} `)
  })
})

const EXAMPLES = join(import.meta.dirname, '../../../examples/prometheus')
const prometheus = spawnSync('prometheus', ['--version']).error ? undefined : 'prometheus'
const without = prometheus
  ? ''
  : ' (skipped: prometheus is not installed; Debian has it in the package prometheus)'

it.skipIf(!prometheus)(`the example scrape and alerts work in Prometheus${without}`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'timelapser-prometheus-'))
  const address = `127.0.0.1:${await freePort()}`
  const key = (await server.send('POST', '/api/keys', { name: 'scrapes', scope: 'read' })).body.data.secret
  await writeFile(join(folder, 'key'), key)
  const config = (await readFile(join(EXAMPLES, 'prometheus.yml'), 'utf8'))
    .replace('scrape_interval: 15s', 'scrape_interval: 1s')
    .replace('/etc/prometheus/timelapser-logs.key', join(folder, 'key'))
    .replace('127.0.0.1:4700', server.url.replace('http://', ''))
  await writeFile(join(folder, 'prometheus.yml'), config)
  await writeFile(join(folder, 'timelapser-logs.rules.yml'), await readFile(RULES))
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: 'ignore' },
  )
  const ended = new Promise((resolve) => child.once('close', resolve))
  try {
    const ask = async (path: string) => {
      const response = await fetch(`http://${address}/api/v1/${path}`).catch(() => undefined)
      // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
      return (await response?.json().catch(() => undefined)) as any
    }
    const target = async () => (await ask('targets'))?.data.activeTargets[0]
    await expect.poll(async () => (await target())?.health).toBe('up')
    expect((await target()).lastError).toBe('')
    const { data } = await ask('query?query=timelapser_rows_stored_total')
    expect(Number(data.result[0].value[1])).toBeGreaterThan(0)
    const rules = (await ask('rules')).data.groups[0].rules
    expect(rules).toHaveLength(9)
    for (const { lastError } of rules) expect(lastError ?? '').toBe('')
  } finally {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
})

function check(parameters: string[], input: string): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = execFile('promtool', parameters, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, said: stdout + stderr }),
    )
    child.stdin?.end(input)
  })
}
