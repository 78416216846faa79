import { Argument, Command, Option } from 'commander'
import type { User, UserChange, UserLink, Users } from '../../http/api-schemas.ts'
import { uniqueForm } from '../../service/access/username.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { collectCamera, describeGrants, parseGrants } from '../terminal/grant-options.ts'
import { printTable } from '../terminal/print-table.ts'
import { isConfirmed, jsonText } from '../terminal/terminal.ts'

type Options = ServerOptions & { json?: true }
type InviteOptions = Options & { role?: 'admin' | 'viewer'; camera?: number[] }

const ROLES = ['admin', 'viewer'] as const
const JSON_HEADERS = { 'content-type': 'application/json' }

const HELP = `
The person who opens a link chooses a name and a password and is signed in; a link works once, within 24 hours. "invite"
creates a link for a new user and refuses known names; "reset" (or "link") creates a link for an existing user and refuses
unknown names. The user's sessions and password end when the link is used, not before. A new role takes effect
immediately. The key is taken from --key, TIMELAPSER_LOGS_API_KEY or the file admin-api-key in the data folder, in this
order.

Exit codes:
  0  done
  1  failed: argument, address, key or server; see the message
  3  nothing was deleted: it was not confirmed

Examples:
  timelapser-logs users list                        all users and their roles
  timelapser-logs users invite ben --role admin     a link for a new user
  timelapser-logs users invite vic --camera 1 --camera 4
  timelapser-logs users reset anna                  a new link for anna, an existing user
  timelapser-logs users cameras vic 1,4             vic sees only the logs of these cameras; "all" for all logs
  timelapser-logs users role vic admin
  timelapser-logs users reset-two-factor anna       anna lost her phone and her backup codes
  timelapser-logs users disable vic                 signed out everywhere, and cannot sign in again
  timelapser-logs users enable vic
  timelapser-logs users delete vic                  with sessions and links; asks first`

/** `timelapser-logs users …`: users and their roles. */
export function usersCommand(): Command {
  const users = new Command('users').description('invite users and manage their roles')
  users.addHelpText('after', HELP)
  const add = (name: string, description: string) => {
    const command = addServerOptions(new Command(name)).description(description)
    users.addCommand(command.option('--json', 'print JSON').addHelpText('after', HELP))
    return command
  }
  add('list', 'list all users, by name').action((options: Options) =>
    withServer(options, (client) => list(client, options)),
  )
  add('invite', 'create a one-time link for a new user')
    .argument('<name>', 'name of the new user')
    .addOption(new Option('--role <role>', 'their role (default: viewer)').choices(ROLES))
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
  for (const name of ['reset', 'link']) {
    named(name, 'create a one-time link for a user who is locked out').action(
      (username: string, options: Options) =>
        withServer(options, (client) => reset(client, username, options)),
    )
  }
  named('reset-two-factor', 'remove the second factor of a user who lost it').action(
    (name: string, options: Options) =>
      withServer(options, (client) => resetTwoFactor(client, name, options)),
  )
  named('disable', 'sign a user out everywhere and block further sign-ins').action(
    (name: string, options: Options) => change(name, { disabled: true }, options),
  )
  named('enable', 'allow a disabled user to sign in again').action((name: string, options: Options) =>
    change(name, { disabled: false }, options),
  )
  named('delete', 'delete a user with their sessions and links; asks first')
    .option('--yes', 'skip the confirmation')
    .action((name: string, options: Options & { yes?: true }) =>
      withServer(options, (client) => remove(client, name, options)),
    )
  named('role', 'make a user administrator or viewer')
    .addArgument(new Argument('<role>', 'their new role').choices(ROLES))
    .action((name: string, role: 'admin' | 'viewer', options: Options) => change(name, { role }, options))
  named('cameras', 'set which logs a viewer sees')
    .argument('<cameras>', 'ids separated by commas, or "all"', parseGrants)
    .action((name: string, cameras: number[] | null, options: Options) => change(name, { cameras }, options))
  return users
}

async function list(client: ApiClient, { json }: Options): Promise<number> {
  const all = await client.request<Users>('GET', '/api/users')
  if (json) console.log(jsonText(all))
  // The link of the first start may have scrolled away, or be a day old.
  else if (all.users.length === 0)
    console.log(
      'There are no users yet. Invite the first administrator: timelapser-logs users invite NAME --role admin',
    )
  else printTable(['NAME', 'ROLE', 'SEES', 'STATE', 'LAST SIGN-IN'], all.users.map(cellsOf))
  return 0
}

type LinkRequest = { username: string; role?: 'admin' | 'viewer'; cameras?: number[] | undefined }

async function link(client: ApiClient, request: LinkRequest, { json }: Options): Promise<number> {
  const body = JSON.stringify(request)
  const made = await client.request<UserLink>('POST', '/api/users/link', { headers: JSON_HEADERS, body })
  if (json) console.log(jsonText(made))
  else console.log(`${made.url}\nSigns ${made.username} (${made.role}) in once, until ${made.expires_at}.`)
  return 0
}

async function invite(client: ApiClient, name: string, options: InviteOptions): Promise<number> {
  const known = await find(client, name)
  if (known?.has_password || known?.is_external) {
    throw new ApiFailure(
      `${known.name} is a user already. "timelapser-logs users reset ${known.name}" creates a new sign-in link.`,
    )
  }
  return link(client, { username: name, role: options.role ?? 'viewer', cameras: options.camera }, options)
}

/** Without a role the server refuses a name that it does not know, also a name that was deleted a moment ago. */
async function reset(client: ApiClient, name: string, options: Options): Promise<number> {
  const user = await known(client, name)
  return link(client, { username: user.name }, options)
}

async function remove(client: ApiClient, name: string, options: Options & { yes?: true }): Promise<number> {
  const user = await known(client, name)
  if (!options.yes && !(await isConfirmed(`Delete ${cellsOf(user).slice(0, 4).join(', ')}?`))) {
    console.error('No user was deleted; --yes deletes without asking.')
    return 3
  }
  await client.request('DELETE', `/api/users/${user.id}`)
  console.log(options.json ? jsonText(user) : `${user.name} was deleted.`)
  return 0
}

async function resetTwoFactor(client: ApiClient, name: string, { json }: Options): Promise<number> {
  const { id } = await known(client, name)
  const { user } = await client.request<{ user: User }>('DELETE', `/api/users/${id}/two-factor`)
  if (json) console.log(jsonText(user))
  else console.log(`${user.name} now signs in with the password alone.`)
  return 0
}

async function known(client: ApiClient, name: string): Promise<User> {
  const user = await find(client, name)
  if (user) return user
  throw new ApiFailure(
    `There is no user ${name}. "timelapser-logs users list" lists the users, "users invite" adds a user.`,
  )
}

function change(name: string, changes: UserChange, options: Options): Promise<void> {
  return withServer(options, async (client) => {
    const user = await known(client, name)
    const { user: changed } = await client.request<{ user: User }>('PATCH', `/api/users/${user.id}`, {
      headers: JSON_HEADERS,
      body: JSON.stringify(changes),
    })
    if (options.json) console.log(jsonText(changed))
    else console.log(`${changed.name}: ${cellsOf(changed).slice(1, 4).join(', ')}.`)
    return 0
  })
}

async function find(client: ApiClient, name: string): Promise<User | undefined> {
  const { users } = await client.request<Users>('GET', '/api/users')
  return users.find((user) => uniqueForm(user.name) === uniqueForm(name.trim()))
}

function cellsOf({
  name,
  role,
  cameras,
  disabled,
  has_password,
  is_external,
  last_sign_in_at,
}: User): string[] {
  const state = disabled ? 'disabled' : has_password || is_external ? 'active' : 'invited'
  return [name, role, describeGrants(cameras), state, last_sign_in_at ?? 'never']
}
