import { defineConfig } from 'vitest/config'
import { findMachinePostgres } from './server/test/support/machine-postgres.ts'

const conditions = ['timelapser-source']
// Inlined modules are resolved by Vite, the rest and child processes by Node.
const shared = {
  resolve: { conditions: [...conditions, 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions, externalConditions: conditions } },
}
const execArgv = conditions.map((condition) => `--conditions=${condition}`)
const machinePostgres = findMachinePostgres()

export default defineConfig({
  test: {
    // Four test files at a time, each on its own database; loads beyond the cores only make timings flaky.
    maxWorkers: 4,
    projects: [
      {
        ...shared,
        test: {
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
          name: 'integration on 18',
          include: ['server/test/**/*.test.ts'],
          globalSetup: 'server/test/support/embedded-server.ts',
          testTimeout: 20_000,
          hookTimeout: 30_000,
          execArgv,
        },
      },
      ...(machinePostgres
        ? [
            {
              ...shared,
              test: {
                name: `integration on ${machinePostgres.major}`,
                include: ['server/test/**/*.test.ts'],
                globalSetup: 'server/test/support/machine-server.ts',
                testTimeout: 20_000,
                hookTimeout: 30_000,
                execArgv,
              },
            },
          ]
        : []),
      {
        ...shared,
        test: {
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
