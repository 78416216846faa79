import { Command, Option } from 'commander'
import type { UserLink } from '../http/api-schemas.ts'
import { ApiClient, ApiFailure, readLocalApiKey } from './api-client.ts'

type Options = { role?: 'admin' | 'viewer'; url: string; key?: string; dataDir: string }

const HELP = `
Whoever opens the link chooses a name and a password and is signed in; it works once, within 24 hours. Sessions and
password of a user that exists end when it is used, not before.
A key is looked for in --key, then TIMELAPSER_LOGS_API_KEY, then the file admin-api-key in the data folder.

Examples:
  timelapser-logs users link anna               a way back in for anna, or the invitation of a new viewer
  timelapser-logs users link ben --role admin   the invitation of an administrator`

/** `timelapser-logs users …`: letting people in from the machine that the server runs on. */
export function usersCommand(): Command {
  const link = new Command('link')
    .description('make a one-time link that lets NAME in')
    .argument('<name>', 'a user who is locked out, or somebody new')
    .addOption(
      new Option('--role <role>', 'what somebody new may do (default: viewer)').choices(['admin', 'viewer']),
    )
    .addOption(
      new Option('--url <url>', 'address of the server')
        .env('TIMELAPSER_LOGS_URL')
        .default('http://127.0.0.1:4700'),
    )
    .addOption(new Option('--key <key>', 'API key of an administrator').env('TIMELAPSER_LOGS_API_KEY'))
    .addOption(
      new Option('--data-dir <folder>', "the server's data folder").env('DATA_DIR').default('./data'),
    )
    .addHelpText('after', HELP)
    .action(async (name: string, options: Options) => {
      process.exitCode = await makeLink(name, options)
    })
  return new Command('users').description('let people in').addCommand(link)
}

async function makeLink(username: string, options: Options): Promise<number> {
  const apiKey = options.key ?? (await readLocalApiKey(options.dataDir))
  if (apiKey === undefined) {
    console.error(
      `No API key: give --key, set TIMELAPSER_LOGS_API_KEY, or name the server's data folder with --data-dir (there is no admin-api-key in ${options.dataDir}).`,
    )
    return 1
  }
  const { role } = options
  try {
    const link = await new ApiClient({ url: options.url, apiKey }).request<UserLink>(
      'POST',
      '/api/users/link',
      {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, role }),
      },
    )
    console.log(`${link.url}\nLets ${link.username} (${link.role}) in, once, until ${link.expires_at}.`)
    return 0
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    console.error(error.message)
    return 1
  }
}
