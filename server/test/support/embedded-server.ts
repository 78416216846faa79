import type { TestProject } from 'vitest/node'
import { startTestServer } from './database-server.ts'

export default (project: TestProject) => startTestServer(project)
