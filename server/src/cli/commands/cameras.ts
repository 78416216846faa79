import { Command } from 'commander'
import type { Camera, Cameras } from '../../http/api-schemas.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { printTable } from '../terminal/print-table.ts'
import { isForPeople, jsonText, visibleInLine } from '../terminal/terminal.ts'

type Options = ServerOptions & { json?: boolean; id?: string; hours?: string }

const JSON_HEADERS = { 'content-type': 'application/json' }

const HELP = `
The first line that names a camera creates it, unless the setting register_cameras is off. The logs of a deleted
camera stay, without a camera.

Exit codes:
  0  done
  1  failed: argument, address, key or server; see the message

Examples:
  timelapser-logs cameras list
  timelapser-logs cameras add 'North mast' --id 7
  timelapser-logs cameras rename 7 'South mast'
  timelapser-logs cameras delete 7
  timelapser-logs cameras link 7 --hours 720     a signed link to its lines, for a frame in another site`

/** `timelapser-logs cameras …`: the names behind the numbers. */
export function camerasCommand(): Command {
  const cameras = new Command('cameras').description(
    'list, add, rename and delete cameras; links to their lines',
  )
  cameras.addHelpText('after', HELP)
  const add = (name: string, description: string) => {
    const command = addServerOptions(new Command(name)).description(description)
    command.option('--json', 'print JSON (default unless stdout is a terminal)')
    cameras.addCommand(
      command
        .option('--no-json', 'print a sentence, also when stdout is not a terminal')
        .addHelpText('after', HELP),
    )
    return command
  }
  add('list', 'all cameras, by id').action((options: Options) =>
    withServer(options, (client) => list(client, options)),
  )
  add('add', 'add a camera')
    .argument('<name>', 'its name')
    .option('--id <id>', 'its id (default: the next one)')
    .action((name: string, options: Options) =>
      withServer(options, (client) => {
        const id = options.id === undefined ? {} : { id: toId(options.id) }
        return change(client, options, ['POST', '/api/cameras', { name, ...id }], 'was added')
      }),
    )
  add('rename', 'rename a camera')
    .argument('<id>', 'its id')
    .argument('<name>', 'its new name')
    .action((id: string, name: string, options: Options) =>
      withServer(options, (client) =>
        change(client, options, ['PUT', `/api/cameras/${toId(id)}`, { name }], 'was renamed'),
      ),
    )
  add('delete', 'delete a camera; its logs stay')
    .argument('<id>', 'its id')
    .action((id: string, options: Options) =>
      withServer(options, (client) =>
        change(client, options, ['DELETE', `/api/cameras/${toId(id)}`, undefined], 'was deleted'),
      ),
    )
  add('link', 'print a signed link to the lines of a camera, for a frame in another site')
    .argument('<id>', 'its id')
    .option('--hours <hours>', 'hours until the link expires, 1 to 8760', '24')
    .action((id: string, options: Options) =>
      withServer(options, (client) => printLink(client, toId(id), options)),
    )
  return cameras
}

async function printLink(client: ApiClient, id: number, options: Options): Promise<number> {
  const body = JSON.stringify({ expires_in_hours: Number(options.hours) })
  const request = { body, headers: JSON_HEADERS }
  const link = await client.request<{ url: string }>('POST', `/api/cameras/${id}/link`, request)
  console.log(isForPeople(options) ? link.url : jsonText(link))
  return 0
}

async function list(client: ApiClient, options: Options): Promise<number> {
  const answer = await client.request<Cameras>('GET', '/api/cameras')
  if (!isForPeople(options)) console.log(jsonText(answer))
  else {
    printTable(
      ['id', 'name', 'since'],
      answer.cameras.map(({ id, name, created_at }) => [String(id), name, created_at]),
    )
  }
  return 0
}

async function change(
  client: ApiClient,
  options: Options,
  [method, path, body]: [string, string, object | undefined],
  done: string,
): Promise<number> {
  const request = body === undefined ? {} : { body: JSON.stringify(body), headers: JSON_HEADERS }
  const { camera } = await client.request<{ camera: Pick<Camera, 'id' | 'name'> }>(method, path, request)
  if (isForPeople(options)) console.log(`Camera ${camera.id} (${visibleInLine(camera.name)}) ${done}.`)
  else console.log(jsonText({ camera }))
  return 0
}

function toId(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new ApiFailure(`${text} is not a camera id; timelapser-logs cameras list shows the ids.`)
}
