import { Command } from 'commander'
import type { AuditCheck } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { type AuditListOptions, listTrail } from '../terminal/audit-list.ts'
import { toWhole } from '../terminal/grant-options.ts'

/** A trail of a million entries takes seconds; a slow disk may take minutes. */
const TIMEOUT_MS = 10 * 60_000

const HELP = `
Every entry carries the hash of the one before it, and the server keeps hashes outside of the database too.

Exit codes:
  0  done; the audit trail is intact
  1  failed: argument, address, key or server; see the message
  2  entries were changed, removed or cut off (verify)

Examples:
  timelapser-logs audit verify
  timelapser-logs audit list --action settings --limit 10
  timelapser-logs audit list --actor 'user anna' --since 2026-01-31T12:00:00Z --json`

/** `timelapser-logs audit …`: shows the audit trail, and checks that it is unchanged. */
export function auditCommand(): Command {
  const verify = addServerOptions(new Command('verify'))
    .description('find entries that were changed, removed or cut off')
    .addHelpText('after', HELP)
    .action((options: ServerOptions) => withServer(options, verifyTrail))
  const list = addServerOptions(new Command('list'))
    .description('show the newest entries')
    .option('--actor <name>', 'the actor, for example "user anna" or "key backup"')
    .option('--action <name>', 'the action, or its kind: settings for settings.update')
    .option('--entity <name>', 'the changed thing, for example "camera 4"')
    .option('--request-id <id>', 'entries of this request')
    .option('--since <time>', 'start time, ISO 8601')
    .option('--until <time>', 'end time, ISO 8601')
    .option('--limit <n>', 'maximum number, up to 1000', toWhole, 50)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: ServerOptions & AuditListOptions) =>
      withServer(options, (client) => listTrail(client, options)),
    )
  return new Command('audit')
    .description('the audit trail')
    .addHelpText('after', HELP)
    .addCommand(verify)
    .addCommand(list)
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
  console.log('The audit trail is intact.')
  return 0
}
