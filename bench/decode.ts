// Records a second of the decoders, on one core: `node scripts/run.mjs bench/decode.ts`.

import { decodeJsonRecords } from '../server/src/ingest/json-records.ts'
import { LineDecoder } from '../server/src/ingest/line-records.ts'
import type { ParseRule } from '../server/src/ingest/rules/parse-rule.ts'
import { compileRule, RuleSet } from '../server/src/ingest/rules/rule-set.ts'

const RECORDS = 50_000
const ROUNDS = 8
const now = '2025-06-01T00:00:00Z'

const times = Array.from({ length: RECORDS }, (_, index) =>
  new Date(Date.UTC(2025, 4, 31) + index * 37).toISOString().replace('Z', `${100 + (index % 900)}Z`),
)

const native = times.map((timestamp, index) =>
  JSON.stringify({
    timestamp,
    level: index % 50 === 0 ? 'ERROR' : 'INFO',
    message: `Captured frame ${index} of the timelapse in ${index % 900} ms, stored as frame-${index}.jpg`,
    source: `camera_${index % 8}`,
    logger_name: 'capture.pipeline',
    camera_id: (index % 8) + 1,
    extra_data: { request_id: `req-${index.toString(16)}`, duration_ms: index % 900 },
  }),
)

const pino = times.map((timestamp, index) =>
  JSON.stringify({
    level: index % 50 === 0 ? 50 : 30,
    time: Date.parse(timestamp),
    pid: 4711,
    hostname: 'edge-7',
    name: 'capture',
    msg: `Captured frame ${index} of the timelapse in ${index % 900} ms, stored as frame-${index}.jpg`,
    req: { id: `req-${index.toString(16)}`, method: 'GET', url: `/frames/${index}` },
  }),
)

const syslog = times.map(
  (timestamp, index) =>
    `Jun ${(index % 28) + 1} ${timestamp.slice(11, 19)} edge-7 sshd[${index}]: Failed password for root from 10.0.0.${index % 250} port ${index}`,
)
const log4j = times.map(
  (timestamp, index) =>
    `${timestamp.slice(0, 10)} ${timestamp.slice(11, 19)},${timestamp.slice(20, 23)} - INFO  [Worker-${index}:FrameStore@${index % 700}] - Stored frame ${index}`,
)

/** The same text with its time and level in a form that needs no inference, and in places that are found from the lines. */
const texts = times.map((timestamp, index) => {
  const [year, month, day] = timestamp.slice(0, 10).split('-')
  const clock = `${timestamp.slice(11, 19)},${timestamp.slice(20, 23)}`
  const level = index % 50 === 0 ? 'ERROR' : 'INFO'
  const text = `worker-${index % 9} Stored frame ${index} of the timelapse in ${index % 900} ms`
  return {
    fixed: `${year}-${month}-${day} ${clock} ${level} ${text}`,
    inferred: `unit${index % 7} ${day}.${month}.${year} ${clock} A${index} ${level} ${text}`,
    apart: `${day}.${month}.${year};unit${index % 7};${clock};${index};${level};${text}`,
    epoch: `unit${index % 7} ${Math.floor(Date.parse(`${timestamp.slice(0, 19)}Z`) / 1000)} lvl:${level} ${text}`,
  }
})

function measure(name: string, bytes: number, decode: () => number): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now()
    const count = decode()
    best = Math.min(best, performance.now() - start)
    if (count !== RECORDS) throw new Error(`${name}: ${count} of ${RECORDS} records`)
  }
  const perSecond = Math.round((RECORDS / best) * 1000).toLocaleString('en-US')
  console.log(
    `${name.padEnd(22)} ${perSecond.padStart(10)} records/s   ${Math.round(bytes / RECORDS)} bytes each`,
  )
  return (1000 * best) / RECORDS
}

function measureJson(name: string, text: string): void {
  const body = Buffer.from(text)
  measure(name, body.length, () => decodeJsonRecords(body, { now }).records.length)
}

/** @returns microseconds a line. */
function measureLines(name: string, lines: string[]): number {
  return measure(name, lines.join('\n').length, () => {
    const decoder = new LineDecoder({ now })
    let count = 0
    for (const line of lines) count += decoder.push(line).length
    return count + decoder.end().length
  })
}

measureJson('NDJSON, our fields', native.join('\n'))
measureJson('NDJSON, not ASCII', native.join('\n').replaceAll('Captured', 'Kapturé №'))
measureJson('NDJSON, pino', pino.join('\n'))
measureJson('JSON array', `[${native.join(',')}]`)
measureLines('lines, syslog', syslog)
measureLines('lines, log4j', log4j)

const message = '192.0.2.7 - anna [29/Nov/2026:13:55:36 +0000] "GET /frames/12?size=l HTTP/1.1" 200 2326 12.5'
const pairs = 'level=info user=anna path="/frames/12" status=200 bytes=2326 ms=12.5'
const object = JSON.stringify({ level: 'info', user: 'anna', path: '/frames/12', status: 200, ms: 12.5 })

/** The cost of a source's rules, a line. */
function measureRules(name: string, text: string, ...rules: Omit<ParseRule, 'name'>[]): void {
  const set = new RuleSet(rules.map((rule, index) => compileRule({ name: String(index), ...rule })))
  const records = Array.from({ length: RECORDS }, () => ({
    ...{ timestamp: now, level: 'INFO' as const, source: 'web', logger_name: null, camera_id: null },
    ...{ message: text, extra_data: null },
  }))
  measure(name, text.length * RECORDS, () => {
    for (const record of records) set.parse(record, () => undefined)
    return records.length
  })
}

const sources = ['web']
const actions = [{ do: 'level' as const, field: 'level' }]
measureRules('no rule', message)
measureRules('rule, other source', message, { sources: ['api'], parse: { as: 'json' } })
measureRules('rule, text not there', message, { sources, contains: 'POST', parse: { as: 'json' } })
measureRules('rule, logfmt', pairs, { sources, parse: { as: 'logfmt' }, actions })
measureRules('rule, JSON', object, { sources, parse: { as: 'json' }, actions })
measureRules('rule, regex', message, {
  sources,
  parse: { as: 'regex', pattern: '"(?<method>\\w+) (?<path>\\S+) [^"]*" (?<status>\\d+) (?<bytes>\\d+)' },
})
measureRules('rule, grok', message, {
  sources,
  parse: { as: 'grok', pattern: '%{COMMONAPACHELOG} %{NUMBER:ms}' },
})

const fixed = measureLines(
  'lines, fixed form',
  texts.map((one) => one.fixed),
)
for (const kind of ['inferred', 'apart', 'epoch'] as const) {
  const took = measureLines(
    `lines, ${kind}`,
    texts.map((one) => one[kind]),
  )
  console.log(`  ${(took - fixed).toFixed(2)} µs a line more than the fixed form`)
}
