import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Real systems' log files of 2,000 lines each, which some checkouts have beside them and which the repository does not
 * contain. Tests that read them are skipped elsewhere; made-up lines of the same forms are tested everywhere.
 */
export const REAL_LOGS = join(import.meta.dirname, '../../../../shared/data/loghub')
export const hasRealLogs = existsSync(REAL_LOGS)
