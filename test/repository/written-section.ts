import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ROOT } from './source-files.ts'

/**
 * Compares the part of a document between `<!-- name: begin -->` and `<!-- name: end -->` with what it has to be; with
 * WRITE_DOCS=1 it is put there.
 */
export function expectWritten(document: string, name: string, content: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const path = join(ROOT, document)
  const [before = '', rest = ''] = readFileSync(path, 'utf8').split(begin)
  const [written = '', after = ''] = rest.split(end)
  if (process.env.WRITE_DOCS) writeFileSync(path, `${before}${begin}\n\n${content}\n\n${end}${after}`)
  else expect(written.trim()).toBe(content)
}

/** A table as the formatter would have it: its columns are of one width. The first line is its head. */
export function markdownTable(lines: readonly string[][]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  const row = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = lines
  const line = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [row(head), line, ...body.map(row)].join('\n')
}
