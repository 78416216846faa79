// npm run bench:hostile [-- --seconds 60 --only 'sources|facets']
// While one key attacks, how long everybody else waits: /healthz, another key's newest page and another key's batch.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { megabytes } from './memory.ts'
import { machine, percentiles, startSystem } from './system.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, only: { type: 'string', default: '' } },
})
const SECONDS = Number(values.seconds)
/** The attacks to run. */
const ONLY = new RegExp(values.only)
/** Requests that the attacker has open. */
const LANES = 8

const system = await startSystem({ RATE_LIMITS: 'off' })
const keyOf = async (name: string, scope: string) =>
  (await system.request<{ secret: string }>('POST', '/api/keys', { name, scope })).secret
const [greedyIn, greedyOut, othersIn, othersOut] = [
  await keyOf('greedy in', 'ingest'),
  await keyOf('greedy out', 'read'),
  await keyOf('other in', 'ingest'),
  await keyOf('other out', 'read'),
]

type Asked = {
  method?: string
  path: string
  key?: string
  body?: Buffer | string
  headers?: Record<string, string>
}
async function ask(
  { method = 'GET', path, key, body, headers }: Asked,
  signal?: AbortSignal,
): Promise<number> {
  const response = await fetch(system.url + path, {
    method,
    headers: { ...(key && { authorization: `Bearer ${key}` }), ...headers },
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  })
  await response.arrayBuffer()
  return response.status
}

const ndjson = { 'content-type': 'application/x-ndjson' }
const post = (key: string, lines: object[], more: Record<string, string> = {}): Asked => {
  const text = lines.map((line) => JSON.stringify(line)).join('\n')
  const body = more['content-encoding'] ? gzipSync(text) : text
  return { method: 'POST', path: '/api/logs', key, body, headers: { ...ndjson, ...more } }
}
const gzip = { 'content-encoding': 'gzip' }
const line = (message: string, more: object = {}) => ({ level: 'INFO', source: 'attack', message, ...more })
const long = (unit: string) => unit.repeat(Math.floor(230_000 / unit.length))
const search = (q: string) => ({ path: `/api/logs?q=${encodeURIComponent(q)}`, key: greedyOut })
let names = 0

// Packed once: packing them here takes longer than the answer.
const ends = gzipSync('a\n'.repeat(8_000_000))
const repeated = (unit: string) =>
  post(
    greedyIn,
    Array.from({ length: 50 }, () => line(long(unit))),
    gzip,
  )
const joiners = repeated('pass=(\u200d')
const letters = repeated('abcdefgh')

const ATTACKS: Record<string, () => Asked> = {
  nothing: () => ({ path: '/healthz' }),
  'bodies of "a" and line ends, 16 kB packed': () => ({
    ...{ method: 'POST', path: '/api/logs', key: greedyIn, body: ends },
    headers: { 'content-type': 'text/plain', ...gzip },
  }),
  'messages of pass=( and joiners': () => joiners,
  'messages for a pattern of one’s own': () => letters,
  '1,000 new sources, loggers and cameras a batch': () =>
    post(
      greedyIn,
      Array.from({ length: 1000 }, () => {
        const name = `n${++names}`
        return line('new', { source: name, logger_name: name, camera_id: names })
      }),
    ),
  'searches that look at everything': () => search('/(?=.*a)(?=.*b)(?=.*c)(?!.*d).*e/'),
  'exports that nobody reads': () => ({ path: '/api/logs/export', key: greedyOut }),
  'alert previews of 9,000 groups over 30 days': () => ({
    ...{ method: 'POST', path: '/api/alerts/rules/preview', key: greedyOut },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      days: 30,
      rule: { query: '', group_by: 'source', condition: { kind: 'count', over: 0, minutes: 60 } },
    }),
  }),
  'facets and sources': () => ({ path: '/api/logs/facets', key: greedyOut }),
}

await system.request('PUT', '/api/settings', { redaction: ['[\\p{L}a-z]+1'] })
const filling = Array.from({ length: 4000 }, (_, index) =>
  line(`${'a'.repeat(2000)} ${index}`, { source: 'api' }),
)
for (let first = 0; first < filling.length; first += 1000) {
  await ask(post(othersIn, filling.slice(first, first + 1000)))
}

// Ten lines of each of 9,000 sources, over 30 days.
const DAYS = 30
for (let round = 0; round < 10; round++) {
  const at = (index: number) =>
    new Date(Date.now() - ((round * 9000 + index) / 90_000) * DAYS * 86_400_000).toISOString()
  const lines = Array.from({ length: 9000 }, (_, index) =>
    line('group', { source: `group-${index}`, timestamp: at(index) }),
  )
  await ask(post(othersIn, lines))
}

console.log(`${machine()}; ${SECONDS} s each, ${LANES} requests at a time\n`)
console.log(
  '| attack | answers | 5xx but 503 | /healthz max | newest page p50, max | batch p50, max | memory |',
)
console.log('| --- | --- | --- | --- | --- | --- | --- |')
for (const [name, attack] of Object.entries(ATTACKS).filter(([name]) => ONLY.test(name))) {
  const ending = new AbortController()
  const answers = new Map<number, number>()
  const attacking = Array.from({ length: LANES }, async () => {
    while (!ending.signal.aborted) {
      const status = await ask(attack(), ending.signal).catch(() => 0)
      answers.set(status, (answers.get(status) ?? 0) + 1)
      if (status === 429 || status === 503) await sleep(100)
    }
  })
  const times = { health: [] as number[], page: [] as number[], batch: [] as number[] }
  const until = performance.now() + SECONDS * 1000
  const measure = async (list: number[], asked: () => Asked) => {
    while (performance.now() < until) {
      const began = performance.now()
      const status = await ask(asked())
      list.push(performance.now() - began)
      if (status >= 500) answers.set(-status, (answers.get(-status) ?? 0) + 1)
      await sleep(100)
    }
  }
  await Promise.all([
    measure(times.health, () => ({ path: '/healthz' })),
    measure(times.page, () => ({ path: '/api/logs?limit=100', key: othersOut })),
    measure(times.batch, () => post(othersIn, [line('other', { source: 'api' })])),
  ])
  ending.abort()
  await Promise.all(attacking)
  const [health, page, batch] = [percentiles(times.health), percentiles(times.page), percentiles(times.batch)]
  const told = [...answers].filter(([status]) => status > 0).map(([status, count]) => `${count} × ${status}`)
  const failed = [...answers].filter(([status]) => Math.abs(status) >= 500 && Math.abs(status) !== 503)
  const memory = megabytes(system.pid)
  console.log(
    `| ${name} | ${told.join(', ')} | ${failed.reduce((sum, [, count]) => sum + count, 0)} | ${health.max} ms | ${page.p50}, ${page.max} ms | ${batch.p50}, ${batch.max} ms | ${memory} MB |`,
  )
}
await system.stop()
