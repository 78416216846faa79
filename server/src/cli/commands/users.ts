import { Argument, Command, Option } from 'commander'
import type { User, UserChange, UserLink, Users } from '../../http/api-schemas.ts'
import { uniqueForm } from '../../service/access/username.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { collectCamera, describeGrants, parseGrants } from '../terminal/grant-options.ts'
import { printTable } from '../terminal/print-table.ts'

type Options = ServerOptions & { json?: true }
type InviteOptions = Options & { role?: 'admin' | 'viewer'; camera?: number[] }

const ROLES = ['admin', 'viewer'] as const
const JSON_HEADERS = { 'content-type': 'application/json' }

const HELP = `
Whoever opens a link chooses a name and a password and is signed in; it works once, within 24 hours. Sessions and
password of a user that exists end when it is used, not before. Changes of what a user may do hold at once.
A key is looked for in --key, then TIMELAPSER_LOGS_API_KEY, then the file admin-api-key in the data folder.

Exit codes:
  0  done
  1  not done: argument, address, key or server; the message says what

Examples:
  timelapser-logs users list                        everybody and what they may do
  timelapser-logs users invite ben --role admin     a link for somebody new
  timelapser-logs users invite vic --camera 1 --camera 4
  timelapser-logs users link anna                   a way back in for anna, or the invitation of a new viewer
  timelapser-logs users cameras vic 1,4             vic sees these cameras' logs alone; "all" for all logs
  timelapser-logs users role vic admin
  timelapser-logs users disable vic                 signed out everywhere, and not let in again
  timelapser-logs users enable vic`

/** `timelapser-logs users …`: who may come in, and what they may do. */
export function usersCommand(): Command {
  const users = new Command('users').description('let people in, and say what they may do')
  users.addHelpText('after', HELP)
  const add = (name: string, description: string) => {
    const command = addServerOptions(new Command(name)).description(description)
    users.addCommand(command.option('--json', 'answer in JSON').addHelpText('after', HELP))
    return command
  }
  add('list', 'everybody, by name').action((options: Options) =>
    withServer(options, (client) => list(client, options)),
  )
  add('link', 'make a one-time link that lets NAME in')
    .argument('<name>', 'a user who is locked out, or somebody new')
    .addOption(new Option('--role <role>', 'what somebody new may do (default: viewer)').choices(ROLES))
    .action((name: string, options: InviteOptions) =>
      withServer(options, (client) => link(client, name, options)),
    )
  add('invite', 'make a one-time link for somebody new')
    .argument('<name>', 'whom to invite')
    .addOption(new Option('--role <role>', 'what they may do (default: viewer)').choices(ROLES))
    .option(
      '--camera <id>',
      'a camera whose logs they see; repeat for more (default: all logs)',
      collectCamera,
    )
    .action((name: string, options: InviteOptions) =>
      withServer(options, (client) => invite(client, name, options)),
    )
  const named = (name: string, description: string) =>
    add(name, description).argument('<name>', "the user's name")
  named('disable', 'sign a user out everywhere and let them in no more').action(
    (name: string, options: Options) => change(name, { disabled: true }, options),
  )
  named('enable', 'let a user in again').action((name: string, options: Options) =>
    change(name, { disabled: false }, options),
  )
  named('role', 'make a user administrator or viewer')
    .addArgument(new Argument('<role>', 'what they may do from now on').choices(ROLES))
    .action((name: string, role: 'admin' | 'viewer', options: Options) => change(name, { role }, options))
  named('cameras', 'say which logs a viewer sees')
    .argument('<cameras>', 'ids with commas between, or "all"', parseGrants)
    .action((name: string, cameras: number[] | null, options: Options) => change(name, { cameras }, options))
  return users
}

async function list(client: ApiClient, { json }: Options): Promise<number> {
  const all = await client.request<Users>('GET', '/api/users')
  if (json) console.log(JSON.stringify(all))
  // The link of the first start may have scrolled away, or be a day old.
  else if (all.users.length === 0)
    console.log(
      'Nobody yet. A link for the first administrator: timelapser-logs users invite NAME --role admin',
    )
  else printTable(['NAME', 'ROLE', 'SEES', 'STATE', 'LAST SIGN-IN'], all.users.map(cellsOf))
  return 0
}

async function link(client: ApiClient, username: string, options: InviteOptions): Promise<number> {
  const { role, camera: cameras, json } = options
  const body = JSON.stringify({ username, role, cameras })
  const made = await client.request<UserLink>('POST', '/api/users/link', { headers: JSON_HEADERS, body })
  if (json) console.log(JSON.stringify(made))
  else console.log(`${made.url}\nLets ${made.username} (${made.role}) in, once, until ${made.expires_at}.`)
  return 0
}

async function invite(client: ApiClient, name: string, options: InviteOptions): Promise<number> {
  const known = await find(client, name)
  if (known?.has_password) {
    throw new ApiFailure(
      `${known.name} is a user already. "timelapser-logs users link ${known.name}" makes a way back in.`,
    )
  }
  return link(client, name, options)
}

function change(name: string, changes: UserChange, options: Options): Promise<void> {
  return withServer(options, async (client) => {
    const user = await find(client, name)
    if (!user) throw new ApiFailure(`There is no user ${name}. "timelapser-logs users list" shows who is.`)
    const { user: changed } = await client.request<{ user: User }>('PATCH', `/api/users/${user.id}`, {
      headers: JSON_HEADERS,
      body: JSON.stringify(changes),
    })
    if (options.json) console.log(JSON.stringify(changed))
    else console.log(`${changed.name}: ${cellsOf(changed).slice(1, 4).join(', ')}.`)
    return 0
  })
}

async function find(client: ApiClient, name: string): Promise<User | undefined> {
  const { users } = await client.request<Users>('GET', '/api/users')
  return users.find((user) => uniqueForm(user.name) === uniqueForm(name.trim()))
}

function cellsOf({ name, role, cameras, disabled, has_password, last_sign_in_at }: User): string[] {
  const state = disabled ? 'disabled' : has_password ? 'active' : 'invited'
  return [name, role, describeGrants(cameras), state, last_sign_in_at ?? 'never']
}
