// docs/health.md: the table of metrics is written by WRITE_DOCS=1 node scripts/run.mjs vitest run test/repository/metrics.test.ts
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Metrics } from '../../server/src/service/metrics.ts'
import { ROOT } from './source-files.ts'

const DOCUMENT = join(ROOT, 'docs/health.md')
const [BEGIN, END] = ['<!-- metrics: begin -->', '<!-- metrics: end -->']

it('are all in docs/health.md, and no others', async () => {
  const { registry } = new Metrics()
  const ours = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('timelapser_'))
  const rows = ours
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
    .map(({ name, type, help }) => [`\`${name}\``, String(type), help])
  const table = padded([['metric', 'type', 'what'], ...rows])
  const text = await readFile(DOCUMENT, 'utf8')
  const [before = '', rest = ''] = text.split(BEGIN)
  const [written = '', after = ''] = rest.split(END)
  if (process.env.WRITE_DOCS) await writeFile(DOCUMENT, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`)
  else expect(written.trim()).toBe(table)
})

it('tell each reason for a row that is not stored in docs/health.md', async () => {
  const text = await new Metrics().scrape()
  const reasons = [...text.matchAll(/rows_not_stored_total\{reason="(\w+)"/g)].map(([, reason]) => reason)
  const document = await readFile(DOCUMENT, 'utf8')
  const told = [...document.slice(document.indexOf('### Reasons')).matchAll(/^\| `(\w+)`/gm)]
  expect(told.map(([, reason]) => reason)).toEqual(reasons)
})

function padded(lines: string[][]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  const row = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = lines
  return [row(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(row)].join(
    '\n',
  )
}
