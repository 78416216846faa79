// `node scripts/bundle.mjs <folder>`: the program as few files. Run from its sources it loads 1,400 modules, which takes
// more of the processor than all else that a start does.
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { ROOT } from './step.mjs'

/** Packages of hundreds of small modules each. The rest is loaded from where it is installed. */
const BUNDLED = /^(typebox|better-auth|@better-auth\/[^/]+|better-call|zod|kysely)(\/|$)/

const bundle = await rolldown({
  input: join(ROOT, 'server/src/cli/main.ts'),
  platform: 'node',
  resolve: { conditionNames: ['timelapser-source', 'node', 'import', 'default'] },
  external: (id) => !/^[./\0]/.test(id) && !BUNDLED.test(id),
  plugins: [{ name: 'places', transform: keepPlaces }],
})
await bundle.write({ dir: process.argv[2], format: 'esm', cleanDir: true })

/** A module goes on finding the migrations, the page and its worker from its own place, not from the bundle's. */
function keepPlaces(code, path) {
  if (!path.startsWith(join(ROOT, 'server/src')) || !code.includes('import.meta.')) return undefined
  const places = { filename: path, dirname: dirname(path), url: pathToFileURL(path).href }
  return code.replace(/\bimport\.meta\.(filename|dirname|url)\b/g, (_, name) => JSON.stringify(places[name]))
}
