// Prints the files that a record, a query and a setting pass, counted over the import graph:
//
//   node scripts/paths.mjs [record|query|setting]
//
// A path is a list of declarations, in the order in which they are handed a record (a batch, a row), a query or a setting
// and hand on what they made of it. The files are those that declare them; where two that follow each other are not
// joined by an import, the files between them are counted too.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

/** Each leg ends where the next begins by other means than an import: a row in the database, an event over HTTP. */
const PATHS = {
  // One JSON record with a new source, sent live under default settings, to a page that shows the newest lines.
  record: {
    'from POST /api/logs to COMMIT': [
      'ingestRoutes takeRawBodies unpackContent BodyIntake bodySteps jsonRecordSteps toRecord reshapeRecord DecodedBody',
      'IngestService LogIntake Admission faultOf fitEventTime redactRecord RedactionPatterns NameRegister',
      'LogWriter weigh writing/partsOf minutesOf CameraRegister storeAtOnce countBatch sendFlight copyLine',
    ],
    'from the feed to the stream': [
      'streamRoutes LiveFeed Feed entryRows withCameras queryWithin EventStream',
    ],
    'from the stream to the list': [
      'readSocket createSseParser SseConnection useSSESubscription useLiveLines addLines useLiveList LogsPage LogList',
      'LogLine RowMessage previewOf MessageText',
    ],
  },
  // A page of lines by level, time and the words of `q`.
  query: {
    'from GET /api/logs to rows': [
      'logRoutes filterParameters LogService SearchQueries toFilter parseSearch SearchScanner search/readField',
      'sliceOf encodeCursor LogOperations PageRoom readLogPage searchRows SearchPlan scanStatement',
      'groupsFor holdingRows reading/readRows variantConditions compileSearch conjuncts isOneOf everyRow',
      'blockConditions blockChoice withCameras queryWithin countRows',
    ],
  },
  setting: {
    'from PUT /api/settings to COMMIT': [
      'settingsRoutes SettingsService checkSettings SettingsSchema AuditTrail SettingsStore',
    ],
    'from the notice to the next question': [
      'database/Notices composeSystem administrationPart SettingsStore FreshValue',
    ],
  },
}

const files = sourceFiles()
const declaredIn = new Map()
for (const [path, { names }] of files) {
  for (const name of names) declaredIn.set(name, [...(declaredIn.get(name) ?? []), path])
}
const neighbours = new Map([...files.keys()].map((path) => [path, new Set()]))
for (const [path, { imports }] of files) {
  for (const other of imports) {
    if (!neighbours.has(other)) continue
    neighbours.get(path).add(other)
    neighbours.get(other).add(path)
  }
}

const asked = process.argv.slice(2)
for (const [subject, legs] of Object.entries(PATHS)) {
  if (asked.length > 0 && !asked.includes(subject)) continue
  const counted = new Map()
  for (const [leg, names] of Object.entries(legs)) {
    const passed = new Map()
    for (const name of names.flatMap((line) => line.split(' '))) {
      const path = fileOf(name, passed)
      for (const between of wayTo(path, passed)) note(passed, between, '(between)')
      note(passed, path, name)
    }
    const own = [...passed].filter(([path]) => !counted.has(path))
    console.log(`\n${subject} ${leg}:`)
    for (const [path, said] of own) console.log(`  ${path}  ${said.join(', ')}`)
    for (const [path, said] of own) counted.set(path, said)
  }
  console.log(`\na ${subject} passes ${counted.size} files`)
}

function note(passed, path, name) {
  passed.set(path, [...(passed.get(path) ?? []), name])
}

/** The file that declares a name, which may stand behind its folder; of several, the one that is joined to the path. */
function fileOf(asked, passed) {
  const [name, folder = ''] = asked.split('/').reverse()
  const places = (declaredIn.get(name) ?? []).filter((path) => path.includes(`${folder}/`))
  if (places.length === 1) return places[0]
  const joined = places.filter((path) => [...neighbours.get(path)].some((other) => passed.has(other)))
  if (joined.length === 1) return joined[0]
  throw new Error(`${asked} is declared in ${places.join(' and ') || 'no file'}`)
}

/** The files between a file and the nearest one of the path. */
function wayTo(end, passed) {
  if (passed.size === 0 || passed.has(end)) return []
  const from = new Map([[end, undefined]])
  for (const path of from.keys()) {
    if (passed.has(path)) {
      const way = []
      for (let step = from.get(path); step !== undefined && step !== end; step = from.get(step))
        way.push(step)
      return way
    }
    for (const next of neighbours.get(path)) if (!from.has(next)) from.set(next, path)
  }
  throw new Error(`no import leads to ${end}`)
}

function sourceFiles() {
  const found = new Map()
  for (const folder of ['logger/src', 'server/src', 'web/src']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true })) {
      if (!/(?<!\.test)\.tsx?$/.test(name)) continue
      const path = join(folder, name)
      const text = readFileSync(join(ROOT, path), 'utf8')
      const named = [
        ...text.matchAll(/\bfrom '([^'\n]+)'/g),
        ...text.matchAll(/\bimport\('([^'\n]+)'\)/g),
      ].map(([, target]) => resolveImport(path, target))
      const names = text.matchAll(/^(?:export )?(?:abstract |async )*(?:function\*?|class|const) (\w+)/gm)
      found.set(path, { imports: named, names: [...names].map(([, declared]) => declared) })
    }
  }
  return found
}

function resolveImport(from, target) {
  if (target === '@timelapser/logger') return 'logger/src/index.ts'
  return target.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(from), target)) : target
}
