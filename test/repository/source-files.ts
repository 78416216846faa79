import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')

/** A TypeScript file of the project and what it imports, as paths from the root or names of packages. */
export type SourceFile = { path: string; text: string; imports: string[] }

/** `import … from 'x'`, `import 'x'` and `export … from 'x'`, over several lines too. */
const IMPORT =
  /^(?:import|export)(?:\s+type)?\s+(?:(?:\w+\s*,?\s*)?(?:\*(?:\s+as\s+\w+)?|\{[^}'"]*\})?\s*from\s+)?'([^'\n]+)'/gm

/** All TypeScript files below a folder, tests left out. */
export function sourceFiles(folder: string): SourceFile[] {
  return typescriptFiles(folder).filter(({ path }) => !/\.test\.tsx?$/.test(path))
}

/** All TypeScript files below a folder, tests included. */
export function typescriptFiles(folder: string): SourceFile[] {
  return walk(join(ROOT, folder))
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => {
      const text = readFileSync(path, 'utf8')
      const named = [...text.matchAll(IMPORT), ...text.matchAll(/\bimport\('([^'\n]+)'\)/g)]
      const imports = named.map(([, name]) => resolveImport(path, name as string))
      return { path: relative(ROOT, path), text, imports }
    })
}

function resolveImport(from: string, name: string): string {
  return name.startsWith('.') ? relative(ROOT, resolve(dirname(from), name)) : name
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (name === 'node_modules' || name === 'dist' || name === '.bundle') return []
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}
