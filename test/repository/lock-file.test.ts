import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './source-files.ts'

type Locked = {
  resolved?: string
  integrity?: string
  link?: true
  dependencies?: Names
  optionalDependencies?: Names
}
type Names = Record<string, string>

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>
}

describe('the lock file', () => {
  // npm ci refuses a lock file without them, also for machines they are not for.
  it('knows every package that another one may need, on any machine', () => {
    const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !isLocked(path, name)),
    )
    expect(missing).toEqual([])
  })

  // npm adds none for packages of other machines that it did not download itself.
  it('has a checksum of every package, also of those for other machines', () => {
    const unchecked = Object.entries(packages)
      .filter(([path, { integrity, link }]) => path.includes('node_modules/') && !link && !integrity)
      .map(([path]) => path)
    expect(unchecked).toEqual([])
  })

  it('names no registry', () => {
    const named = Object.values(packages).filter(({ resolved }) => resolved?.startsWith('http'))
    expect(named).toEqual([])
  })
})

/** Whether Node would find the package from there: in the `node_modules` of any folder above. */
function isLocked(from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true
    if (folder === '') return false
  }
}
