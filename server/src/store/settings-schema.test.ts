// docs/configuration.md: the table of settings. Written anew by
// WRITE_DOCS=1 node scripts/run.mjs vitest run server/src/store/settings-schema.test.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SETTING_NAMES, SETTING_PROPERTIES, type SettingProperty } from './settings-schema.ts'

const DOCUMENT = join(import.meta.dirname, '../../../docs/configuration.md')
const [BEGIN, END] = ['<!-- settings: begin -->', '<!-- settings: end -->']

it('is what docs/configuration.md says', () => {
  const table = padded([
    ['setting', 'at first', 'may be', 'what it is'],
    ...SETTING_NAMES.map((name) => [name, SETTING_PROPERTIES[name]] as const).map(([name, property]) => [
      `\`${name}\``,
      `\`${JSON.stringify(property.default).replaceAll('"', '')}\``,
      range(property),
      property.description,
    ]),
  ])
  const text = readFileSync(DOCUMENT, 'utf8')
  const [before = '', rest = ''] = text.split(BEGIN)
  const [written = '', after = ''] = rest.split(END)
  if (process.env.WRITE_DOCS) writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`)
  else expect(written.trim()).toBe(table)
})

function range(property: SettingProperty): string {
  if (property.enum) return property.enum.join(', ')
  if (property.type === 'integer')
    return `${property.minimum} to ${property.maximum?.toLocaleString('en-US')} ${property.unit}`
  if (property.type === 'array') return 'a list'
  if (property.type === 'object') return 'names and days'
  return property.type === 'boolean' ? 'true, false' : 'text'
}

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
