// Reads of a server at a standby of its PostgreSQL: nobody misses there what was acknowledged, whatever becomes of it.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { isPgbouncerMissing, startPgbouncer, withoutPgbouncer } from './support/pgbouncer.ts'
import { HEADERS, type ServerProcess, startProcess, stopProcess } from './support/server-process.ts'
import { isStandbyMissing, type Replicated, startReplicated, withoutStandby } from './support/standby.ts'

const LINES = 20_000

describe.skipIf(isStandbyMissing)(`with a read replica${withoutStandby}`, () => {
  let nodes: Replicated
  let server: ServerProcess

  beforeAll(async () => {
    nodes = await startReplicated()
    server = await startProcess(nodes.primary.url, {
      environment: { DATABASE_READ_URL: nodes.standby.url },
    })
    for (let first = 0; first < LINES; first += 5000) {
      await write(Array.from({ length: 5000 }, (_, index) => `line ${first + index} ${'a'.repeat(200)}`))
    }
  })

  afterAll(async () => {
    if (server) await stopProcess(server)
    await nodes?.stop()
  })

  const write = async (messages: string[]) => {
    const response = await fetch(`${server.url}/api/logs`, {
      method: 'POST',
      headers: { ...HEADERS, 'content-type': 'application/json' },
      body: JSON.stringify(messages.map((message) => ({ level: 'INFO', source: 'replica', message }))),
    })
    expect(response.status).toBe(200)
  }
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
  const get = async (path: string): Promise<any> => {
    const response = await fetch(`${server.url}${path}`, { headers: HEADERS })
    expect(response.status).toBe(200)
    return ((await response.json()) as { data: unknown }).data
  }
  const figure = async (name: string) => {
    const text = await (await fetch(`${server.url}/metrics`, { headers: HEADERS })).text()
    return Number(new RegExp(`^timelapser_replica_${name} (\\S+)$`, 'm').exec(text)?.[1])
  }
  const isFresh = () => expect.poll(() => figure('fresh')).toBe(1)
  const newest = async () => (await get('/api/logs?limit=1&source=replica')).logs[0].message
  /** The lines that the servers wrote about the replica, the newest first. */
  const news = async () =>
    (await get('/api/logs?limit=10&source=system&q=%22read%20replica%22')).logs.map(
      ({ message, extra_data }: { message: string; extra_data: object }) => ({ message, ...extra_data }),
    )
  const lost = (reason: string) => ({
    message: 'The read replica is not used; reads go to the primary',
    reason: expect.stringContaining(reason),
  })
  const back = expect.objectContaining({ message: 'The read replica is used again' })
  const check = async () =>
    (await get('/api/diagnostics')).checks.find(({ name }: { name: string }) => name === 'read replica')

  it('reads there, and each page has what was acknowledged before it was asked for', async () => {
    await isFresh()
    const [there, here] = [await figure('reads'), await figure('primary_reads')]
    for (let round = 0; round < 50; round++) {
      await write([`round ${round}`])
      expect(await newest()).toBe(`round ${round}`)
    }
    const [thereThen, hereThen] = [await figure('reads'), await figure('primary_reads')]
    expect(thereThen - there).toBeGreaterThan(0)
    expect((thereThen - there) / (thereThen - there + hereThen - here)).toBeGreaterThan(0.5)
    expect(await check()).toMatchObject({ verdict: 'ok' })
  })

  it('reads at the primary while the replica is behind, and says so', async () => {
    await isFresh()
    await nodes.standby.run('select pg_wal_replay_pause()')
    await write(['while it stands'])
    expect(await newest()).toBe('while it stands')
    expect(await figure('fresh')).toBe(0)
    expect(await check()).toMatchObject({ verdict: 'warning', finding: expect.stringContaining('Is stale') })
    await nodes.standby.run('select pg_wal_replay_resume()')
    await isFresh()
    expect(await newest()).toBe('while it stands')
  })

  it('goes on at the primary with a search that is in the way of the replay', async () => {
    await isFresh()
    const before = await figure('fallbacks')
    // Seconds of work: no line has any of them.
    const patterns = Array.from({ length: 10 }, (_, at) => `/(a*a*a*)+b${at}$/`).join(' or ')
    const search = get(`/api/logs?limit=10&q=${encodeURIComponent(patterns)}`)
    await expect
      .poll(() =>
        // An error where it is not running yet.
        nodes.standby
          .run(
            `select 1 / count(*) from pg_stat_activity where state = 'active' and query ~ '/\\* search' and pid <> pg_backend_pid()`,
          )
          .then(
            () => true,
            () => false,
          ),
      )
      .toBe(true)
    await nodes.primary.run(
      'begin; lock table only logs in access exclusive mode; select pg_current_xact_id(); commit',
    )
    expect((await search).logs).toEqual([])
    expect(await figure('fallbacks')).toBeGreaterThan(before)
  })

  it('ends an export that began there, whole, when it is gone in the middle', async () => {
    await isFresh()
    const response = await fetch(`${server.url}/api/logs/export?format=ndjson&source=replica`, {
      headers: HEADERS,
    })
    const reader = (response.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream())
      .getReader()
    let text = (await reader.read()).value ?? ''
    const before = await figure('fallbacks')
    await nodes.standby.kill()
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value
    const messages = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message)
      .filter((message) => message.startsWith('line '))
    expect(messages).toHaveLength(LINES)
    expect(new Set(messages).size).toBe(LINES)
    expect(await newest()).toBe('while it stands')
    expect(await figure('fallbacks')).toBeGreaterThan(before)
    expect(await figure('fresh')).toBe(0)
    expect(await check()).toMatchObject({ verdict: 'warning', finding: expect.stringContaining('Is away') })
    // A pause of seconds is no news, as those of the tests before.
    await expect.poll(news).toEqual([expect.objectContaining(lost(''))])
    await nodes.standby.start()
    await isFresh()
    await expect.poll(news).toEqual([back, expect.objectContaining(lost(''))])
  })

  it('starts without it, and refuses another database', async () => {
    await nodes.standby.kill()
    const other = await startProcess(nodes.primary.url, {
      environment: { DATABASE_READ_URL: nodes.standby.url },
    })
    await expect.poll(async () => (await news())[0]).toEqual(expect.objectContaining(lost('')))
    await stopProcess(other)
    await nodes.standby.start()
    const wrong = nodes.standby.url.replace(/\w+$/, 'postgres')
    const refused = startProcess(nodes.primary.url, { environment: { DATABASE_READ_URL: wrong } })
    await expect(refused).rejects.toThrow('DATABASE_READ_URL points to another database than DATABASE_URL')
  })

  it.skipIf(isPgbouncerMissing).each([
    ['takes no settings of a session', {}, 'unsupported startup parameter'],
    ['shares sessions', { ignore_startup_parameters: 'options,statement_timeout' }, 'shares sessions'],
  ])(`refuses a pooler before it that %s${withoutPgbouncer}`, async (_, settings, sentence) => {
    const pooler = await startPgbouncer(nodes.standby.url, settings)
    onTestFinished(pooler.stop)
    const environment = { DATABASE_READ_URL: pooler.through(nodes.standby.url) }
    const refused = startProcess(nodes.primary.url, { environment })
    await expect(refused).rejects.toThrow(sentence)
    await expect(refused).rejects.toThrow('name the standby itself in DATABASE_READ_URL')
  })

  it('does not read where it was promoted', async () => {
    await isFresh()
    await nodes.standby.run('select pg_promote()')
    await write(['after the promotion'])
    expect(await newest()).toBe('after the promotion')
    await expect.poll(async () => (await check()).cause).toContain('It is not a standby')
  })
})
