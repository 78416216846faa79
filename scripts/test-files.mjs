// The test files of the workspace. Node 20 has no globSync, and `npm test` is begun by the Node of the user.
import { readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { ROOT } from './step.mjs'

const FOLDERS = ['logger', 'server/src', 'server/test', 'web/src', 'bench', 'test']

/** Paths from the root with `/`, in alphabetical order. */
export function testFiles() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).map((path) => join(folder, path)),
  )
    .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
    .map((path) => path.replaceAll(sep, '/'))
    .toSorted()
}
