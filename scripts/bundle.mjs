// `node scripts/bundle.mjs <folder> [main]`: the program as few files. Run from its sources it loads 1,400 modules, which
// takes more of the processor than all else that a start does. `main` is the compiled program, of the package.
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { rolldown } from 'rolldown'
import { ROOT } from './step.mjs'

/** Dependencies of hundreds of small modules each. */
const BUNDLED = ['typebox', 'better-auth']
/**
 * The others are loaded from where they are installed. A package that only a bundled one depends on is bundled with it: an
 * installer need not put it where the bundle would find it.
 */
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'server/package.json'), 'utf8'))
const EXTERNAL = new Set(Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)))

const [folder = '', main = join(ROOT, 'server/src/cli/main.ts')] = process.argv
  .slice(2)
  .map((path) => resolve(path))
const isCompiled = main.endsWith('.js')

const bundle = await rolldown({
  input: main,
  platform: 'node',
  resolve: { conditionNames: [...(isCompiled ? [] : ['timelapser-source']), 'node', 'import', 'default'] },
  external: (id) => isBuiltin(id) || EXTERNAL.has(/^(@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? ''),
  plugins: [{ name: 'places', transform: keepPlaces }],
})
// All files beside each other: each finds its modules' own places from there.
await bundle.write({ dir: folder, format: 'esm', cleanDir: true, chunkFileNames: '[name]-[hash].js' })

/**
 * A module goes on finding the migrations, the page and its worker from its own place, not from the bundle's. The way
 * there is relative, as packages are installed elsewhere than where they were made.
 */
function keepPlaces(code, path) {
  if (!path.startsWith(dirname(dirname(main))) || !code.includes('import.meta.')) return undefined
  const way = JSON.stringify(relative(folder, path).replaceAll(sep, '/'))
  const wayToFolder = JSON.stringify(`/${relative(folder, dirname(path)).replaceAll(sep, '/')}`)
  const places = {
    filename: `(import.meta.dirname + "/" + ${way})`,
    dirname: `(import.meta.dirname + ${wayToFolder})`,
    url: `new URL(${way}, import.meta.url).href`,
  }
  return code.replace(/\bimport\.meta\.(filename|dirname|url)\b/g, (_, name) => places[name])
}
