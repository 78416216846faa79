// `node scripts/bundle.mjs <folder> [main]`: the program as few files. Run from its sources it loads 1,400 modules, which
// takes more of the processor than all else that a start does. `main` is the compiled program, of the package.
import { dirname, join, relative, resolve, sep } from 'node:path'
import { rolldown } from 'rolldown'
import { ROOT } from './step.mjs'

/** Packages of hundreds of small modules each. The rest is loaded from where it is installed. */
const BUNDLED = /^(typebox|better-auth|@better-auth\/[^/]+|better-call|zod|kysely)(\/|$)/

const [folder = '', main = join(ROOT, 'server/src/cli/main.ts')] = process.argv
  .slice(2)
  .map((path) => resolve(path))
const isCompiled = main.endsWith('.js')

const bundle = await rolldown({
  input: main,
  platform: 'node',
  resolve: { conditionNames: [...(isCompiled ? [] : ['timelapser-source']), 'node', 'import', 'default'] },
  external: (id) => !/^[./\0]/.test(id) && !BUNDLED.test(id),
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
