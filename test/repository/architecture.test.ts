import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './source-files.ts'

const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
const table = [...text.matchAll(/^\| `(\w+)`(.*?) +\| (\S+) +\|$/gm)].map(([, name, rest, file]) => ({
  file: file as string,
  names: [name as string, ...[...(rest as string).matchAll(/`(\w+)`/g)].map(([, inner]) => inner as string)],
}))

describe('ARCHITECTURE.md', () => {
  it('has a table of the names of the spec', () => {
    expect(table.length).toBeGreaterThan(5)
  })

  it.each(table)('says where $names.0 is', ({ names, file }) => {
    const source = readFileSync(join(ROOT, file), 'utf8')
    for (const name of names) expect(isDeclared(source, name), `${file} declares ${name}`).toBe(true)
  })

  it('names files that exist as the six to read first', () => {
    const section = text.slice(text.indexOf('## Six files'), text.indexOf('## The write path'))
    const files = [...section.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string)
    expect(files).toHaveLength(6)
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  })

  it.each(['web/src', 'web/src/logs'])('says what each room of %s is for', (house) => {
    const map = text.slice(text.indexOf('\nweb/src/\n'), text.indexOf('\nserver/migrations/'))
    const rooms = readdirSync(join(ROOT, house), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )
    expect(rooms.length).toBeGreaterThan(5)
    expect(rooms.map(({ name }) => name).filter((name) => !map.split(/\s/).includes(`${name}/`))).toEqual([])
  })

  it('keeps the paths of a record, a query and a setting as short as they are', () => {
    const said = execFileSync(process.execPath, [join(ROOT, 'scripts/paths.mjs')], { encoding: 'utf8' })
    const passed = [...said.matchAll(/^a (\w+) passes (\d+) files$/gm)]
    const most: Record<string, number> = { record: 24, query: 15, setting: 10 }
    expect(passed.map(([, subject]) => subject)).toEqual(Object.keys(most))
    for (const [, subject = '', files] of passed)
      expect(Number(files), `files of a ${subject}`).toBeLessThanOrEqual(most[subject] as number)
  })

  it('keeps the screen of the lines in rooms that one can look over', () => {
    const house = join(ROOT, 'web/src/logs')
    const folders = readdirSync(house, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    for (const room of ['.', ...folders.map(({ name }) => name)]) {
      const files = readdirSync(join(house, room), { withFileTypes: true }).filter((entry) => entry.isFile())
      expect(files.length, room).toBeLessThanOrEqual(25)
    }
  })
})

/** An exported declaration, a method, or the import from a neighbour; a comment or a call is none of them. */
function isDeclared(source: string, name: string): boolean {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return [
    `^export (?:abstract |async )*(?:class|function\\*?|const|type|interface) ${name}\\b`,
    `^  (?:async |get )?${name}(?:<[^>]*>)?\\([^;]*?\\)(?:: [^;{]*)? \\{$`,
    `^import \\{[^}]*\\b${name}\\b[^}]*\\} from '\\./`,
    `^create table ${name}\\b`,
  ].some((declaration) => new RegExp(declaration, 'm').test(code))
}
