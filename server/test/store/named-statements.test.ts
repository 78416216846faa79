import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const STORE = join(import.meta.dirname, '../../src/store')
const SNAPSHOTS = join(import.meta.dirname, '__snapshots__')

/** Names of what no snapshot has on its own, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  flight_begin: 'a part of write_batches',
  flight_copy: 'a part of write_batches',
  flight_feed: 'a part of write_batches',
  flight_commit: 'a part of write_batches',
  old_logs_kind: 'on a database of Timelapser v4',
  old_logs_next_transaction: 'on a database of Timelapser v4',
  old_logs_settled: 'on a database of Timelapser v4',
  old_logs_range: 'on a database of Timelapser v4',
  old_logs_page: 'on a database of Timelapser v4',
  old_cameras: 'on a database of Timelapser v4',
  old_camera_names: 'on a database of Timelapser v4',
  replica_target: 'with a read replica',
  replica_replayed: 'at a read replica',
  replica_identity: 'with a read replica, at both',
  alert_firings_of: 'when an incident that raised a level is over',
  read_alert_rules_version: 'the rules of alerts, when they are older than half a minute',
  blocks_with_column: 'where rows are packed; packed-chart.test.ts',
  read_number_columns: 'where rows are packed; packed-chart.test.ts',
  count_few_rows: 'where rows are packed; packed-chart.test.ts',
  block_without_numbers: 'where blocks are of an older version; packed-rows-cases.ts',
  blocks_in_range: 'where rows are packed; counts them',
  heartbeat: 'on the connection that listens, which no pool knows; select 1',
}

it('every statement with a name is in a snapshot, or known to be elsewhere', () => {
  const named = namesInStore()
  const kept = new Set(
    readdirSync(SNAPSHOTS)
      .filter((file) => file.endsWith('.sql'))
      .flatMap((file) => [...readFileSync(join(SNAPSHOTS, file), 'utf8').matchAll(/^-- (\w+)$/gm)])
      .map(([, name]) => name as string),
  )
  expect(named.length).toBeGreaterThan(100)
  expect(named.filter((name) => !kept.has(name) && !Object.hasOwn(ELSEWHERE, name))).toEqual([])
  expect(Object.keys(ELSEWHERE).filter((name) => kept.has(name) || !named.includes(name))).toEqual([])
})

/** The names of statements in the code: as prepared ones have them, and in the comments that others begin with. */
function namesInStore(): string[] {
  const files = readdirSync(STORE, { recursive: true, encoding: 'utf8' })
  const names = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => {
      const code = readFileSync(join(STORE, file), 'utf8')
      const patterns = [
        /name: '(\w+)',\s*text\b/g,
        /\/\* (\w+) \*\//g,
        /(?:withCameras|answeredRows)\(\s*'(\w+)'/g,
      ]
      return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name as string))
    })
  return [...new Set(names)].toSorted()
}
