import { existsSync, readFileSync } from 'node:fs'
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
    const section = text.slice(text.indexOf('## Six files'), text.indexOf('## The path in'))
    const files = [...section.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string)
    expect(files).toHaveLength(6)
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
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
