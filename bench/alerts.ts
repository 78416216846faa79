// npm run bench:alerts [-- --rows 200000 --counted 300 --texts 150 --everywhere 45 --patterns 5]
// The cost of alert rules: rows a second that are taken in, and CPU seconds a million rows, without rules and with a mix of
// them: rules that count by level, source and camera; texts at WARNING and above; texts at every level; regular expressions.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { cpuSeconds } from './cluster.ts'
import { inLanes, Poster } from './post.ts'
import { makeRecord, seeded } from './records.ts'
import { type BenchSystem, machine, startSystem } from './system.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    counted: { type: 'string', default: '300' },
    texts: { type: 'string', default: '150' },
    everywhere: { type: 'string', default: '45' },
    patterns: { type: 'string', default: '5' },
  },
})
const ROWS = Number(values.rows)
const BATCH = 1000
const CLIENTS = 4
/** Evaluation is at the present when it is no further behind. */
const PRESENT_SECONDS = 2

const random = seeded(1)
const bodies = Array.from({ length: Math.min(ROWS / BATCH, 200) }, () =>
  Array.from({ length: BATCH }, () => ({ ...makeRecord(random, 0), timestamp: undefined })),
).map((records) => Buffer.from(records.map((record) => JSON.stringify(record)).join('\n')))

const count = (condition: object) => ({ kind: 'count', minutes: 5, ...condition })
const times = <T>(n: string, make: (index: number) => T) =>
  Array.from({ length: Number(n) }, (_, index) => make(index))
const RULES = [
  ...times(values.counted, (index) => ({
    query: `camera_id=${1 + (index % 20)}&min_level=${index % 3 === 0 ? 'ERROR' : 'WARNING'}`,
    condition: count({ over: 1_000_000 + index }),
  })),
  ...times(values.texts, (index) => ({
    query: `min_level=WARNING&q=nowhere${index}`,
    condition: { kind: 'any' },
  })),
  ...times(values.everywhere, (index) => ({ query: `q=absent${index}`, condition: { kind: 'any' } })),
  ...times(values.patterns, (index) => ({
    query: new URLSearchParams({ q: `/job [g-z]{${2 + index}}/` }).toString(),
    condition: { kind: 'any' },
  })),
].map((rule, index) => ({ name: `rule ${index}`, ...rule }))

console.log(machine())
console.log(
  `${ROWS.toLocaleString('en')} rows, batches of ${BATCH}, ${CLIENTS} clients; ${RULES.length} rules`,
)
console.log('a million rows     rows/s   CPU seconds: server  PostgreSQL   behind at the end, s')
for (const rules of [[], RULES]) {
  const system = await startSystem({ RATE_LIMITS: 'off' })
  try {
    await system.request('PUT', '/api/settings', { log_level: 'DEBUG' })
    for (let from = 0; from < rules.length; from += 100) {
      await system.request('PUT', '/api/alerts/rules', { rules: rules.slice(from, from + 100) })
    }
    console.log(
      `${rules.length === 0 ? 'without rules' : 'with rules   '}  ${await measure(system, rules.length > 0)}`,
    )
  } finally {
    await system.stop()
  }
}

async function measure(system: BenchSystem, hasRules: boolean): Promise<string> {
  const headers = { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/x-ndjson' }
  const poster = new Poster({ url: `${system.url}/api/logs`, connections: CLIENTS, headers })
  const before = cpuSeconds(system)
  const seconds = await inLanes(CLIENTS, ROWS / BATCH, async (index) => {
    await poster.post(bodies[index % bodies.length] as Buffer)
  })
  poster.close()
  const ended = performance.now()
  while (hasRules && (await lagOf(system)) > PRESENT_SECONDS) await sleep(1000)
  const behind = (performance.now() - ended) / 1000
  const after = cpuSeconds(system)
  const millions = ROWS / 1e6
  const [server, postgres] = [after.server - before.server, after.postgres - before.postgres]
  return [
    Math.round(ROWS / seconds)
      .toLocaleString('en')
      .padStart(9),
    (server / millions).toFixed(1).padStart(21),
    (postgres / millions).toFixed(1).padStart(11),
    behind.toFixed(1).padStart(22),
  ].join(' ')
}

async function lagOf(system: BenchSystem): Promise<number> {
  const text = await (
    await fetch(`${system.url}/metrics`, { headers: { authorization: `Bearer ${system.apiKey}` } })
  ).text()
  return Number(/^timelapser_alert_lag_seconds (\S+)/m.exec(text)?.[1] ?? 0)
}
