// docs/health.md: the table of metrics is written by WRITE_DOCS=1 node scripts/run.mjs vitest run test/repository/metrics.test.ts
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Metrics } from '../../server/src/service/metrics.ts'
import { ROOT } from './source-files.ts'
import { expectWritten, markdownTable } from './written-section.ts'

const DOCUMENT = join(ROOT, 'docs/health.md')

it('are all in docs/health.md, and no others', async () => {
  const { registry } = new Metrics()
  const ours = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('timelapser_'))
  const rows = ours
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
    .map(({ name, type, help }) => [`\`${name}\``, String(type), help])
  const table = markdownTable([['metric', 'type', 'description'], ...rows])
  expectWritten('docs/health.md', 'metrics', table)
})

it('tell each reason for a row that is not stored in docs/health.md', async () => {
  const text = await new Metrics().scrape()
  const reasons = [...text.matchAll(/rows_not_stored_total\{reason="(\w+)"/g)].map(([, reason]) => reason)
  const document = await readFile(DOCUMENT, 'utf8')
  const told = [...document.slice(document.indexOf('### Reasons')).matchAll(/^\| `(\w+)`/gm)]
  expect(told.map(([, reason]) => reason)).toEqual(reasons)
})
