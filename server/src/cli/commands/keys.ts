import { Argument, Command, Option } from 'commander'
import type { ApiKey, ApiKeys, CreatedApiKey, RotatedApiKey } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { collectCamera, describeGrants, toWhole } from '../terminal/grant-options.ts'
import { printTable } from '../terminal/print-table.ts'
import { jsonText, visibleInLine } from '../terminal/terminal.ts'

type Options = ServerOptions & { json?: true }
type CreateOptions = Options & {
  scope: ApiKey['scope']
  camera?: number[]
  minLevel?: string
  rateLimit?: number
  origin?: string[]
  expiresInDays?: number
}
type RotateOptions = Options & { graceHours?: number; expiresInDays?: number }

const HELP = `
A new key is printed once, to stdout; its description is printed to stderr.

Exit codes:
  0  done
  1  failed: argument, address, key or server; see the message

Examples:
  timelapser-logs keys list
  timelapser-logs keys create "camera 3" --scope ingest --rate-limit 600
  timelapser-logs keys create dashboard --scope read --camera 1 --min-level warning --expires-in-days 90
  timelapser-logs keys create shop --scope ingest --origin https://shop.example
  timelapser-logs keys rotate 4 --grace-hours 48
  timelapser-logs keys revoke 4`

/** `timelapser-logs keys …`: the API keys of programs. */
export function keysCommand(): Command {
  const keys = new Command('keys').description('API keys of programs').addHelpText('after', HELP)
  const add = (name: string, description: string) => {
    const command = addServerOptions(new Command(name)).description(description)
    keys.addCommand(command.option('--json', 'print JSON').addHelpText('after', HELP))
    return command
  }
  add('list', 'keys that are not revoked, newest first').action((options: Options) =>
    withServer(options, (client) => list(client, options)),
  )
  add('create', 'create a key')
    .argument('<name>', 'its purpose')
    .addOption(
      new Option('--scope <scope>', 'write logs, read logs, or everything')
        .choices(['ingest', 'read', 'admin'])
        .makeOptionMandatory(),
    )
    .option('--camera <id>', 'with read: a camera whose logs it sees; repeat for more', collectCamera)
    .option('--min-level <level>', 'with read: it sees logs of this level and above')
    .option('--rate-limit <n>', 'requests per minute, in addition to the limits for all callers', toWhole)
    .option(
      '--origin <url>',
      'with ingest: a site whose pages send with this key; repeat for more',
      collectText,
    )
    .option('--expires-in-days <n>', 'days until it expires (default: never)', toWhole)
    .action((name: string, options: CreateOptions) =>
      withServer(options, (client) => create(client, name, options)),
    )
  add('rotate', 'create a new secret for a key; the old one stays valid for a while')
    .addArgument(new Argument('<id>', 'its id, as list shows it').argParser(toWhole))
    .option('--grace-hours <n>', 'hours for which the old secret stays valid (default: 24)', toWhole)
    .option('--expires-in-days <n>', 'days until the new key expires (default: as for the old one)', toWhole)
    .action((id: number, options: RotateOptions) =>
      withServer(options, (client) => rotate(client, id, options)),
    )
  add('revoke', 'revoke a key immediately')
    .addArgument(new Argument('<id>', 'its id, as list shows it').argParser(toWhole))
    .action((id: number, options: Options) => withServer(options, (client) => revoke(client, id, options)))
  return keys
}

async function list(client: ApiClient, { json }: Options): Promise<number> {
  const all = await client.request<ApiKeys>('GET', '/api/keys')
  if (json) console.log(jsonText(all))
  else {
    const rows = all.keys.map((key) => [
      ...[String(key.id), key.name, `${key.prefix}…`, key.scope, limitsOf(key)],
      ...[endOf(key), key.last_used_at ?? 'never'],
    ])
    printTable(['ID', 'NAME', 'KEY', 'SCOPE', 'LIMITS', 'EXPIRES', 'LAST USED'], rows)
  }
  return 0
}

async function create(client: ApiClient, name: string, options: CreateOptions): Promise<number> {
  const body = JSON.stringify({
    name,
    scope: options.scope,
    cameras: options.camera,
    min_level: options.minLevel,
    rate_limit: options.rateLimit,
    origins: options.origin,
    expires_in_days: options.expiresInDays,
  })
  const headers = { 'content-type': 'application/json' }
  const made = await client.request<CreatedApiKey>('POST', '/api/keys', { headers, body })
  if (options.json) console.log(jsonText(made))
  else {
    console.log(made.secret)
    console.error(`Key ${made.key.id}, ${sentenceOf(made.key)}. It is not shown again.`)
  }
  return 0
}

async function rotate(client: ApiClient, id: number, options: RotateOptions): Promise<number> {
  const body = JSON.stringify({
    grace_hours: options.graceHours,
    expires_in_days: options.expiresInDays,
  })
  const headers = { 'content-type': 'application/json' }
  const made = await client.request<RotatedApiKey>('POST', `/api/keys/${id}/rotate`, { headers, body })
  if (options.json) console.log(jsonText(made))
  else {
    const { key, secret, replaced } = made
    console.log(secret)
    console.error(`Key ${key.id}, ${sentenceOf(key)}, replaces key ${replaced.id}. It is not shown again.`)
    console.error(`Key ${replaced.id} stays valid until ${replaced.expires_at}.`)
  }
  return 0
}

async function revoke(client: ApiClient, id: number, { json }: Options): Promise<number> {
  const { key } = await client.request<{ key: ApiKey }>('DELETE', `/api/keys/${id}`)
  console.log(json ? jsonText(key) : `Revoked: key ${key.id}, ${sentenceOf(key)}.`)
  return 0
}

function sentenceOf(key: ApiKey): string {
  const until = key.expires_at === null ? '' : `, until ${key.expires_at}`
  return `"${visibleInLine(key.name)}" (${key.scope}): ${limitsOf(key)}${until}`
}

function endOf({ expires_at, replaced_by }: ApiKey): string {
  const end = expires_at ?? 'never'
  return replaced_by === null ? end : `${end}, replaced by ${replaced_by}`
}

function collectText(text: string, before: string[] = []): string[] {
  return [...before, text]
}

function limitsOf({ scope, cameras, min_level, rate_limit, origins }: ApiKey): string {
  const reads = scope === 'read' ? [describeGrants(cameras), min_level && `${min_level} and above`] : []
  const pages = origins && `pages of ${origins.join(', ')}`
  const limits = [...reads, pages, rate_limit && `${rate_limit} requests per minute`].filter(Boolean)
  return limits.join(', ') || 'no separate limits'
}
