// Two processes of the real program on one database, whose clocks come to the minute of retention together.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { type EventClient, openEvents } from './support/event-client.ts'
import { HEADERS, type ServerProcess, startProcess, stopProcess } from './support/server-process.ts'

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000]
const OLD = 500

/** Jobs run at 7 past; the last run time that has passed, so that a job due then is due for the database too. */
const DUE = Math.floor((Date.now() - 8 * MINUTE) / HOUR) * HOUR + 7 * MINUTE

let database: TestDatabase
let servers: ServerProcess[]

beforeAll(async () => {
  database = await createTestDatabase()
  const clock = {
    preload: join(import.meta.dirname, 'support/standing-clock.ts'),
    environment: { STANDING_CLOCK: String(DUE - SECOND) },
  }
  servers = await Promise.all([startProcess(database.url, clock), startProcess(database.url, clock)])
})

afterAll(async () => {
  await Promise.all(servers.map(stopProcess))
  await database.close()
})

const query = async <R extends object>(text: string) => (await database.database.pool.query<R>(text)).rows

async function post(lines: object[]): Promise<void> {
  const response = await fetch(`${servers[0]?.url}/api/logs`, {
    method: 'POST',
    headers: { ...HEADERS, 'content-type': 'application/json', 'x-import': 'true' },
    body: JSON.stringify(lines),
  })
  expect(response.status).toBe(200)
}

/** The time of the server's clock. */
async function timeAt({ url }: ServerProcess): Promise<number> {
  const response = await fetch(`${url}/api/cameras/activity`, { headers: HEADERS })
  const { data } = (await response.json()) as { data: { end: string } }
  return Date.parse(data.end)
}

const cleaned = ({ events }: EventClient) => events.filter(({ event }) => event === 'logs_cleaned')

it('removes what is too old once, and tells it once', async () => {
  const lines = (count: number, age: number) =>
    Array.from({ length: count }, (_, index) => ({
      timestamp: new Date(DUE - age).toISOString(),
      ...{ message: `line ${index}`, source: 'old' },
    }))
  await post([...lines(OLD, 100 * DAY), ...lines(10, DAY)])
  // Every job that comes to its end is taken out.
  await query(`
    create table ended (task text);
    create function note_ended() returns trigger language plpgsql as $$
    begin
      insert into ended select identifier from graphile_worker._private_tasks where id = old.task_id;
      return null;
    end $$;
    create trigger note_ended after delete on graphile_worker._private_jobs
      for each row execute function note_ended()`)
  const streams = await Promise.all(servers.map(({ url }) => openEvents(`${url}/api/events`, HEADERS)))
  expect(await Promise.all(servers.map(timeAt))).toEqual([DUE - SECOND, DUE - SECOND])

  for (const { child } of servers) child.kill('SIGUSR2')
  // By then both have asked for the job: they look at the clock each second.
  for (const server of servers) await expect.poll(() => timeAt(server)).toBeGreaterThan(DUE + 2 * SECOND)
  const retentions = () => query(`select from ended where task = 'retention'`)
  await expect.poll(async () => (await retentions()).length).toBe(1)

  for (const stream of streams) {
    await stream.until(() => cleaned(stream).length > 0)
    expect(cleaned(stream).map(({ data }) => data.data)).toEqual([
      { deleted_count: OLD, days_kept: 30, by: 'retention' },
    ])
    stream.close()
  }
  expect(await query(`select count(*) as left from logs where source = 'old'`)).toEqual([{ left: 10 }])
  const said = () => query(`select message, source from logs where logger_name = 'timelapser_logs.retention'`)
  await expect
    .poll(said)
    .toEqual([{ message: `Retention removed ${OLD} logs, started by retention`, source: 'worker' }])
  expect(await query(`select action from audit where action = 'logs.retention'`)).toHaveLength(1)
  expect(await query('select from graphile_worker.jobs where task_identifier = $$retention$$')).toEqual([])
  expect(await retentions()).toHaveLength(1)
})
