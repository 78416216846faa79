import { describe, expect, it } from 'vitest'
import { type SourceFile, sourceFiles } from './source-files.ts'

/** Inside the server, from the bottom up: a folder may import from those before it and from itself. */
const FLOORS: Record<string, string[]> = {
  store: [],
  ingest: [],
  service: ['store', 'ingest'],
  http: ['service', 'store', 'ingest'],
  jobs: ['service', 'store'],
  cli: ['http', 'jobs', 'service', 'store', 'ingest'],
}

/** Inside `store/`, from the bottom up; the files beside these rooms are what programs use, and stand on all of them. */
const ROOMS = [
  'database',
  'settings',
  'filter',
  'blocks',
  'counts',
  'partitions',
  'reading',
  'feed',
  'alerts',
  'removal',
  'cameras',
  'writing',
  'export',
  'backup',
  'accounts',
  'figures',
  'cluster',
]

/** Files beside the folders that anyone may read from. */
const GROUND = [
  'server/src/byte-budget.ts',
  'server/src/caller.ts',
  'server/src/config.ts',
  'server/src/database-url.ts',
  'server/src/record-weight.ts',
  'server/src/doubling-pause.ts',
  'server/src/fair-places.ts',
  'server/src/roles.ts',
  'server/src/startup-error.ts',
  'server/src/version.ts',
]

/** Packages, and a file, that only calculate: decoders may use them. */
const PURE = [
  '@msgpack/msgpack',
  '@timelapser/logger',
  'node:util',
  'node:zlib',
  're2js',
  'typebox',
  'server/src/record-weight.ts',
]

const server = sourceFiles('server/src')

describe('the house', () => {
  it.each(Object.entries(FLOORS))('server/src/%s imports from the floors below it alone', (floor, below) => {
    const strays = server
      .filter(({ path }) => path.startsWith(`server/src/${floor}/`))
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => name.startsWith('server/src/') && !GROUND.includes(name))
          .filter((name) => ![floor, ...below].some((allowed) => name.startsWith(`server/src/${allowed}/`)))
          .map((name) => `${path} -> ${name}`),
      )
    expect(strays).toEqual([])
  })

  it.each([...ROOMS.entries()])('room %d of store/, %s, imports from those below it alone', (floor, room) => {
    const own = `server/src/store/${room}/`
    const files = server.filter(({ path }) => path.startsWith(own))
    expect(files).not.toEqual([])
    const below = ROOMS.slice(0, floor + 1).map((name) => `server/src/store/${name}/`)
    const strays = files.flatMap(({ path, imports }) =>
      imports
        .filter(
          (name) => name.startsWith('server/src/store/') && !below.some((room) => name.startsWith(room)),
        )
        .map((name) => `${path} -> ${name}`),
    )
    expect(strays).toEqual([])
  })

  it('keeps SQL in store/', () => {
    const strays = server.filter(({ path, text }) => !path.startsWith('server/src/store/') && hasSql(text))
    expect(strays.map(({ path }) => path)).toEqual([])
  })

  it.each([
    'select 1 from logs',
    'select pg_sleep(1)',
    'with old as (select 1) select * from old',
    'insert into logs values (1)',
    'update logs set level = 1',
    'delete from logs',
    'truncate logs',
    'call tend()',
    'lock table logs',
    'notify rows_changed',
    'listen rows_changed',
    'set statement_timeout = 0',
    'set local lock_timeout to 5',
    'begin',
    'rollback',
    'copy logs from stdin',
    'create unique index on logs (id)',
    'alter table logs add x text',
    'drop table logs',
    'vacuum logs',
    'analyze logs',
    'do $$ begin end $$',
  ])('knows SQL when it sees it: %s', (statement) => {
    expect(hasSql(`run('${statement}')`)).toBe(true)
    expect(hasSql(`run(\`\n    ${statement.toUpperCase()}\`)`)).toBe(true)
  })

  it.each(['client.query(text)', 'pool.query<{ id: number }>({ text })'])('knows a query: %s', (call) => {
    expect(hasSql(`await ${call}`)).toBe(true)
  })

  it('keeps Fastify in http/', () => {
    const strays = server.filter(
      ({ path, imports }) =>
        !/^server\/src\/(http|cli)\//.test(path) && imports.some((name) => /^@?fastify/.test(name)),
    )
    expect(strays.map(({ path }) => path)).toEqual([])
  })

  it('keeps decoders free of everything that does something', () => {
    const strays = sourceFiles('server/src/ingest').flatMap(({ path, imports }) =>
      imports
        .filter((name) => !name.startsWith('server/src/ingest/') && !PURE.includes(name))
        .map((name) => `${path} -> ${name}`),
    )
    expect(strays).toEqual([])
  })

  it('reads the environment in config.ts alone', () => {
    const strays = server.filter(
      ({ path, text }) => path !== 'server/src/config.ts' && /process\.env\b/.test(text),
    )
    expect(strays.map(({ path }) => path)).toEqual([])
  })

  it('has a logger that stands on pino alone', () => {
    const strays = sourceFiles('logger/src').flatMap(({ path, imports }) =>
      imports
        .filter((name) => !name.startsWith('logger/src/') && !name.startsWith('node:') && name !== 'pino')
        .map((name) => `${path} -> ${name}`),
    )
    expect(strays).toEqual([])
  })

  it('has a page that takes types alone from the server', () => {
    const strays = sourceFiles('web/src').filter(({ text }) =>
      /^import\s+(?!type\b)[^'"]*['"](timelapser-logs|@timelapser\/logger)/m.test(text),
    )
    expect(strays.map(({ path }) => path)).toEqual([])
  })

  it.each(['logger/src', 'server/src', 'web/src'])('has no import cycles in %s', (folder) => {
    expect(cycleIn(sourceFiles(folder))).toBeUndefined()
  })
})

/** Text that begins as a statement does, or a call that sends one. */
function hasSql(text: string): boolean {
  return SQL.test(text) || /\.query\s*(<[^()]*>)?\(/.test(text)
}

const SQL = new RegExp(
  `(['"\`])\\s*(${[
    'select\\s[\\s\\S]*?\\sfrom\\s|select\\s+[\\w.]+\\(|with\\s+\\w+\\s+as\\s+\\(|insert\\s+into\\s|update\\s+[\\w.]+\\s+set\\s',
    'delete\\s+from\\s|truncate\\s+(table\\s+)?\\w|call\\s+\\w+\\(|lock\\s+table\\s|(un)?listen\\s+\\w+\\1|notify\\s+\\w+\\s*[,\'"`]',
    'set\\s+(local\\s+|session\\s+)?\\w+\\s*(=|\\bto\\b)|(begin|commit|rollback)\\s*(;|\\1)|copy\\s+\\w+[\\s\\S]*?\\s(from|to)\\s+std',
    '(create|alter|drop)\\s+(unique\\s+)?(table|index|view|function|schema|database|extension|trigger|type|sequence)\\s',
    '(vacuum|analyze|reindex)\\s+\\w+\\s*[;\'"`]|do\\s+\\$',
  ].join('|')})`,
  'i',
)

/** The first cycle found, as a path of files. Imports of types count: files that need each other belong together. */
function cycleIn(files: readonly SourceFile[]): string[] | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    const file = byPath.get(path)
    if (!file || done.has(path)) return undefined
    for (const next of file.imports) {
      const cycle = visit(next, [...trail, path])
      if (cycle) return cycle
    }
    done.add(path)
    return undefined
  }
  for (const { path } of files) {
    const cycle = visit(path, [])
    if (cycle) return cycle
  }
  return undefined
}
