import type { TestProject } from 'vitest/node'
import { startTestServer } from './database-server.ts'
import { findMachinePostgres } from './machine-postgres.ts'

/** A server that is not ours may be anywhere: nothing may lean on its zone. */
const FOREIGN_ZONE = { timezone: 'Australia/Adelaide', datestyle: 'german', jit: 'on' }

export default async (project: TestProject) => {
  const binaries = findMachinePostgres()
  if (!binaries) throw new Error('This project runs only where the machine has another PostgreSQL.')
  return startTestServer(project, { binaries, settings: FOREIGN_ZONE })
}
