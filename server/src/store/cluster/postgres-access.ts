import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { PostgresSettings } from './postgres-settings.ts'

/** PostgreSQL 16 is the first whose user maps can name every role. */
const FIRST_WITH_ALL = 16

/**
 * Lets only this server's user and root connect, for any account PostgreSQL runs as: a process of `nobody`, whose files
 * root's PostgreSQL may have, is refused by the socket.
 *
 * @returns the settings that name the files
 */
export function writeAccess(cluster: string, major: number): PostgresSettings {
  if (major < FIRST_WITH_ALL) return {}
  const names = [...new Set(['root', userInfo().username])]
  const write = (file: string, text: string) => {
    writeFileSync(join(cluster, file), `# Written at every start.\n${text}\n`, { mode: 0o644 })
    return join(cluster, file)
  }
  return {
    hba_file: write('timelapser_hba.conf', 'local all all peer map=timelapser\nhost all all all reject'),
    ident_file: write('timelapser_ident.conf', names.map((name) => `timelapser "${name}" all`).join('\n')),
  }
}
