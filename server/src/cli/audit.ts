import { Command } from 'commander'
import type { AuditCheck } from '../http/api-schemas.ts'
import type { ApiClient } from './api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from './server-options.ts'

/** A trail of a million entries takes seconds; a slow disk may take minutes. */
const TIMEOUT_MS = 10 * 60_000

const HELP = `
Every entry carries the hash of the one before it, and the server keeps hashes outside of the database too.

Exit codes:
  0  the trail is as it was written
  1  it could not be checked: address, key or server; the message says what
  2  entries were changed, removed or cut off

Example:
  timelapser-logs audit verify`

/** `timelapser-logs audit verify`: whether the audit trail is as it was written. */
export function auditCommand(): Command {
  const verify = addServerOptions(new Command('verify'))
    .description('find entries that were changed, removed or cut off')
    .addHelpText('after', HELP)
    .action((options: ServerOptions) => withServer(options, verifyTrail))
  return new Command('audit').description('the audit trail').addHelpText('after', HELP).addCommand(verify)
}

async function verifyTrail(client: ApiClient): Promise<number> {
  const { checked, compared, faults } = await client.request<AuditCheck>('GET', '/api/audit/verify', {
    timeoutMs: TIMEOUT_MS,
  })
  console.log(
    `Checked ${checked} entries; ${compared} hashes kept in the server's data folder were compared.`,
  )
  for (const { sentence } of faults) console.error(sentence)
  if (faults.length > 0) return 2
  console.log('The trail is as it was written.')
  return 0
}
