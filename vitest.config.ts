import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig, type TestUserConfig } from 'vitest/config'
import { findMachinePostgres } from './server/test/support/machine-postgres.ts'

// The tests start hundreds of short processes, and half of what each computes is the compiling of the same modules.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

const conditions = ['timelapser-source']
// Inlined modules are resolved by Vite, the rest and child processes by Node.
const shared = {
  resolve: { conditions: [...conditions, 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions, externalConditions: conditions } },
}
const execArgv = conditions.map((condition) => `--conditions=${condition}`)
const machinePostgres = findMachinePostgres()
// For what never comes; nobody waits longer for what does. The default of 1 s is too little for a busy machine.
const expectOptions = { poll: { timeout: 30_000 } }
const patience = { expect: expectOptions, testTimeout: 120_000, hookTimeout: 120_000 }
// Tests that are slow by nature take minutes where other work has the processor.
const longPatience = { expect: { poll: { timeout: 120_000 } }, testTimeout: 600_000, hookTimeout: 600_000 }

// The files of a project share processes: each has a server and a database of its own, and half of what a short file
// took was the loading of the same modules.
const integration = { ...patience, include: ['server/test/**/*.test.ts'], isolate: false, execArgv }

/** Files of tests that are slow by nature, for example kills at random moments: `npm run test:long` runs them. */
const LONG = '**/*.long.test.ts'

/** The tag of such tests in other files: `npm test` skips them, `npm run test:long` runs them. */
const tags = [{ name: 'long', description: 'Run by npm run test:long alone.' }]

/**
 * Commands, other systems' protocols and refused requests reach the database by the same statements as the rest. They
 * say nothing about PostgreSQL and run on one version alone.
 */
const NOTHING_OF_ONE_VERSION = [
  'server/test/{*-command,*-commands,ingest-*,journald,linked-cluster,python-package,syslog}.test.ts',
  'server/test/http/{elasticsearch,loki-push,otlp,seq}.test.ts',
  'server/test/http/{access-guard,bad-requests,guesses,rate-limits,request-log}.test.ts',
  'server/test/http/{documented-routes,openapi,security-table,spec-examples}.test.ts',
  'server/test/http/{event-stream,page-files}.test.ts',
]

/**
 * The files that `npm test` runs on the machine's older PostgreSQL: the migrations and every statement once. `npm run
 * test:long` runs the rest there.
 */
const ON_THE_OLDEST = [
  'server/test/{auth-schema,migrate}.test.ts',
  'server/test/store/{named-statements,newest-rows,other-statements,statements}.test.ts',
]

// A test leaves the other cores to its server, its PostgreSQL and its browser.
const cores = Math.min(availableParallelism(), 4)

const onTheBundled = { ...integration, globalSetup: 'server/test/support/embedded-server.ts' }
const onTheMachines = { ...integration, globalSetup: 'server/test/support/machine-server.ts' }
const endToEnd = {
  expect: expectOptions,
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // One browser a process, which its files share.
  isolate: false,
  execArgv,
  // A browser and a server a file: after everything else, so that these have the machine to themselves.
  maxWorkers: Math.max(1, Math.min(cores, 2)),
  sequence: { groupOrder: 1 },
}

const projects: NonNullable<TestUserConfig['projects']> = [
  {
    ...shared,
    test: {
      ...patience,
      name: 'unit',
      include: ['{server/src,web/src,bench}/**/*.test.ts'],
      exclude: ['**/node_modules/**', LONG],
      isolate: false,
      execArgv,
    },
  },
  {
    ...shared,
    // A spool knows its process: these have one each.
    test: {
      ...patience,
      name: 'logger',
      include: ['logger/**/*.test.ts'],
      exclude: ['**/node_modules/**', LONG],
      execArgv,
    },
  },
  {
    ...shared,
    test: { ...onTheBundled, name: 'integration on 18', exclude: [LONG] },
  },
  {
    ...shared,
    test: { ...endToEnd, name: 'end to end', include: ['test/**/*.test.ts'], exclude: [LONG] },
  },
  {
    ...shared,
    test: {
      ...patience,
      ...longPatience,
      name: 'long unit',
      include: ['{logger,server/src}/**/*.long.test.ts'],
      execArgv,
    },
  },
  {
    ...shared,
    test: {
      ...onTheBundled,
      ...longPatience,
      name: 'long on 18',
      include: [`server/test/${LONG}`, 'server/test/**/*.property.test.ts'],
      env: { ALL_RANDOM_RUNS: '1' },
    },
  },
  {
    ...shared,
    test: { ...endToEnd, ...longPatience, name: 'long end to end', include: [`test/${LONG}`] },
  },
]
if (machinePostgres) {
  const { major } = machinePostgres
  projects.push(
    { ...shared, test: { ...onTheMachines, name: `integration on ${major}`, include: ON_THE_OLDEST } },
    {
      ...shared,
      test: {
        ...onTheMachines,
        ...longPatience,
        name: `long on ${major}`,
        exclude: [...NOTHING_OF_ONE_VERSION, ...ON_THE_OLDEST],
      },
    },
  )
}

// One file in three waits for a clock or a process of its own at any moment; more files at a time only make all of them slow.
export default defineConfig({ test: { maxWorkers: Math.ceil(cores * 1.5), projects, tags } })
