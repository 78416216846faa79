import { Command } from 'commander'
import type { RetentionPlan } from '../../http/api-schemas.ts'
import { SETTING_NAMES, SETTING_PROPERTIES, type Settings } from '../../store/settings/settings-schema.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { isConfirmed, jsonText } from '../terminal/terminal.ts'

type Options = ServerOptions & { json?: true }
type Answer = { settings: Settings }

const DESCRIPTIONS = SETTING_NAMES.map(
  (name) => `  ${name.padEnd(20)} ${SETTING_PROPERTIES[name].description}`,
).join('\n')

const HELP = `
Settings take effect on every server within two seconds, without a restart. VALUE is JSON; text needs no quotes.
A retention change that deletes lines shows how many and asks for confirmation; without a terminal it needs
--yes.

Exit codes:
  0  done
  1  failed: argument, address, key or server; see the message
  3  nothing was changed: it was not confirmed

Settings:
${DESCRIPTIONS}

Examples:
  timelapser-logs settings list
  timelapser-logs settings get retention_days
  timelapser-logs settings set timezone Europe/Berlin
  timelapser-logs settings set retention_days 7 --dry-run
  timelapser-logs settings set retention_by_level '{"DEBUG": 3, "ERROR": 365}'
  timelapser-logs settings set redaction '["LIC-\\\\d+"]'`

/** `timelapser-logs settings …`: the settings, while everything runs. */
export function settingsCommand(): Command {
  const settings = new Command('settings').description('show and change settings at runtime')
  settings.addHelpText('after', HELP)
  const add = (name: string, description: string) => {
    const command = addServerOptions(new Command(name)).description(description)
    settings.addCommand(command.option('--json', 'print JSON').addHelpText('after', HELP))
    return command
  }
  add('list', 'all settings').action((options: Options) =>
    withServer(options, (client) => list(client, options)),
  )
  add('get', 'one setting: its value alone')
    .argument('<name>', 'its name')
    .action((name: string, options: Options) => withServer(options, (client) => get(client, name, options)))
  add('set', 'change one setting')
    .argument('<name>', 'its name')
    .argument('<value>', 'its value from now on')
    .option('--dry-run', 'only for retention: show how many lines the rule would delete, and change nothing')
    .option('--yes', 'skip the confirmation, even if the change deletes lines')
    .action((name: string, value: string, options: SetOptions) =>
      withServer(options, (client) =>
        options.dryRun ? tryRule(client, name, value, options) : set(client, name, value, options),
      ),
    )
  return settings
}

async function list(client: ApiClient, { json }: Options): Promise<number> {
  const { settings } = await client.request<Answer>('GET', '/api/settings')
  if (json) console.log(jsonText(settings))
  else for (const [name, value] of Object.entries(settings)) console.log(`${name.padEnd(20)} ${plain(value)}`)
  return 0
}

async function get(client: ApiClient, name: string, { json }: Options): Promise<number> {
  const known = SETTING_NAMES.find((one) => one === name)
  if (!known) throw new ApiFailure(`${name} is not a setting. Settings: ${SETTING_NAMES.join(', ')}.`)
  const { settings } = await client.request<Answer>('GET', '/api/settings')
  console.log(json ? jsonText(settings[known]) : plain(settings[known]))
  return 0
}

type SetOptions = Options & { dryRun?: boolean; yes?: true }

/** Shows how many lines a retention rule would delete, were it in force. */
async function tryRule(client: ApiClient, name: string, text: string, { json }: Options): Promise<number> {
  const { would_delete, would_free_bytes } = await planOf(client, name, text)
  const said = `${linesOf(would_delete)} would be deleted, ${Math.round(would_free_bytes / 1e6).toLocaleString('en-US')} MB freed. Nothing is changed.`
  console.log(json ? jsonText({ would_delete, would_free_bytes }) : said)
  return 0
}

function planOf(client: ApiClient, name: string, text: string): Promise<RetentionPlan> {
  return client.request<RetentionPlan>('POST', '/api/logs/retention/preview', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ [name]: parseValue(text) }),
  })
}

function linesOf(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'line' : 'lines'}`
}

/** Whether a setting may be changed: a setting that deletes lines only after their number was shown. */
async function isWanted(
  client: ApiClient,
  name: string,
  text: string,
  { yes }: SetOptions,
): Promise<boolean> {
  if (!name.startsWith('retention_')) return true
  const { would_delete } = await planOf(client, name, text)
  if (would_delete === 0) return true
  console.error(`${linesOf(would_delete)} will be deleted permanently by the next run of retention.`)
  return yes ?? isConfirmed(`Set ${name} to ${text}?`)
}

async function set(client: ApiClient, name: string, text: string, options: SetOptions): Promise<number> {
  const { json } = options
  if (!(await isWanted(client, name, text, options))) {
    console.error('Nothing was changed; --yes changes it without asking.')
    return 3
  }
  const { settings } = await client.request<Answer>('PUT', '/api/settings', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ [name]: parseValue(text) }),
  })
  const value = settings[name as keyof Settings]
  console.log(json ? jsonText({ [name]: value }) : `${name} is now ${plain(value)}.`)
  return 0
}

/** Parses JSON; other input is text. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
