import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ROOT } from './source-files.ts'

/** A document for readers, by its path from the root. */
export type Document = { path: string; text: string }

/** README, ARCHITECTURE and everything in docs/; decisions describe their own time. */
export function documents(): Document[] {
  const inDocs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
  const paths = ['README.md', 'ARCHITECTURE.md', 'logger/README.md', ...inDocs.map((name) => `docs/${name}`)]
  return paths.map((path) => ({
    path: relative(ROOT, join(ROOT, path)),
    text: readFileSync(join(ROOT, path), 'utf8'),
  }))
}
