import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
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
const expectOptions = { poll: { timeout: 10_000 } }
const patience = { expect: expectOptions, testTimeout: 20_000, hookTimeout: 30_000 }

// The files of a project share processes: each has a server and a database of its own, and half of what a short file
// took was the loading of the same modules.
const integration = { ...patience, include: ['server/test/**/*.test.ts'], isolate: false, execArgv }

/**
 * What reaches the database by the same statements as the rest, and says nothing about PostgreSQL: commands, other
 * systems' protocols, what is refused before it gets there. Once is enough for these.
 */
const NOTHING_OF_ONE_VERSION = [
  'server/test/{*-command,*-commands,ingest-*,journald,linked-cluster,python-sink,syslog}.test.ts',
  'server/test/http/{elasticsearch,loki-push,otlp,seq}.test.ts',
  'server/test/http/{access-guard,bad-requests,guesses,rate-limits,request-log}.test.ts',
  'server/test/http/{documented-routes,openapi,security-table,spec-examples}.test.ts',
  'server/test/http/{event-stream,page-files}.test.ts',
]

export default defineConfig({
  test: {
    // Four test files at a time, each on its own database; loads beyond the cores only make timings flaky.
    maxWorkers: 4,
    projects: [
      {
        ...shared,
        test: {
          ...patience,
          name: 'unit',
          include: [
            'logger/**/*.test.ts',
            'server/src/**/*.test.ts',
            'web/src/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          execArgv,
        },
      },
      {
        ...shared,
        test: {
          ...integration,
          name: 'integration on 18',
          globalSetup: 'server/test/support/embedded-server.ts',
        },
      },
      ...(machinePostgres
        ? [
            {
              ...shared,
              test: {
                ...integration,
                name: `integration on ${machinePostgres.major}`,
                exclude: NOTHING_OF_ONE_VERSION,
                globalSetup: 'server/test/support/machine-server.ts',
              },
            },
          ]
        : []),
      {
        ...shared,
        test: {
          expect: expectOptions,
          name: 'end to end',
          include: ['test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          execArgv,
        },
      },
    ],
  },
})
