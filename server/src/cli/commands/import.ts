import { createHash } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { LogRecord } from '@timelapser/logger'
import { Command } from 'commander'
import { readDatabaseUrl } from '../../database-url.ts'
import type { Cameras } from '../../http/api-schemas.ts'
import { inLine } from '../../service/in-line.ts'
import { StartupError } from '../../startup-error.ts'
import { type OldLog, OldLogs } from '../../store/old-logs.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, findServer, noKey, type ServerOptions } from '../client/server-options.ts'
import { toDays, toSeconds } from '../ingest/ingest-arguments.ts'
import { raiseRetention, readRetention } from '../ingest/ingest-plan.ts'
import { IngestSender } from '../ingest/ingest-sender.ts'
import { EXIT } from '../ingest/ingest-stop.ts'
import { count, IngestTally } from '../ingest/ingest-tally.ts'
import { visibleInLine } from '../terminal/terminal.ts'

type Options = ServerOptions & { from: string; position: string; keepDays?: number; retryFor: number }

const HELP = `
Reads the tables logs and cameras of Timelapser v4, changes nothing there, and sends them to the server. The id of each
row is kept in extra_data as imported_id; times, levels and cameras stay. Rows are stored regardless of the level in force, which
needs an administrator's key.

Progress is kept in a file. A second run resumes there, after an interruption or to fetch new rows, and stores no row
twice. Give a password as PGPASSWORD: other users of the machine can see the URL in the list of processes.

Exit codes:
  0  everything was stored
  1  not everything was sent: database, address, key or server; see the message
  2  rows are older than the server keeps; nothing was sent
  3  everything was sent, and some rows were rejected

Examples:
  timelapser-logs import --from postgres://timelapser@localhost/timelapser
  timelapser-logs import --from postgres://timelapser@db/timelapser --keep-days 0`

/** `timelapser-logs import`: the logs of Timelapser v4 into the server. */
export function importCommand(): Command {
  return addServerOptions(new Command('import'))
    .description('import logs and cameras from a Timelapser v4 database')
    .requiredOption('--from <address>', 'database URL, such as postgres://user@host:5432/timelapser')
    .option('--position <file>', 'file that stores the progress', 'timelapser-logs-import.json')
    .option(
      '--keep-days <days>',
      'raise the retention to this many days if it is lower; 0 keeps everything',
      toDays,
    )
    .option('--retry-for <seconds>', 'seconds to retry while the server is unreachable', toSeconds, 300)
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      process.exitCode = await runImport(options)
    })
}

/** Everything up to `after` is stored; a batch that ends at `until` may be. */
type Position = { sender: string; after: number; until: number | null }

async function runImport(options: Options): Promise<number> {
  const { client, hasKey } = await findServer(options)
  if (!hasKey) throw new StartupError(noKey(options))
  const sender = senderOf(options.from)
  const start = await readPosition(options.position, sender)
  const old = await OldLogs.open(options.from)
  const tally = new IngestTally()
  try {
    const { last_id, oldest } = await old.range()
    if (!(await old.settle())) {
      console.error(
        'A transaction has been open in that database for more than 10 seconds. Rows that it is writing may be missing.',
      )
    }
    const days = await raiseRetention(client, await readRetention(client), options.keepDays)
    const needed = oldest === null ? 0 : Math.ceil((Date.now() - Date.parse(oldest) + HOUR_MS) / DAY_MS)
    if (days !== 0 && needed > days && start.after === 0) {
      console.error(
        `The oldest row is of ${oldest}, and the server keeps ${count(days, 'day')}. Nothing was sent. Give --keep-days ${needed}, or 0 to keep everything.`,
      )
      return EXIT.tooOld
    }
    const cameras = await takeCameras(client, old)
    await takeLogs(old, { client, options, start, last: last_id ?? 0, tally })
    const resumed = start.after > 0 ? ` after the id ${start.after}` : ''
    console.log(tally.summary(`the table logs${resumed}`, false))
    console.log(`Imported ${count(cameras, 'camera')}.`)
    return tally.rejected > 0 ? EXIT.someRejected : 0
  } catch (error) {
    if (!(error instanceof ApiFailure) && !(error instanceof StartupError)) throw error
    console.error(error.message)
    if (tally.stored > 0) {
      console.error(
        `${count(tally.stored, 'record')} were stored before that. Run the same command again to continue from there.`,
      )
    }
    return EXIT.failed
  } finally {
    await old.close()
  }
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

type Work = { client: ApiClient; options: Options; start: Position; last: number; tally: IngestTally }

async function takeLogs(old: OldLogs, { client, options, start, last, tally }: Work): Promise<void> {
  const sender = new IngestSender({
    client,
    tally,
    isImport: true,
    sender: start.sender,
    retryForMs: options.retryFor * 1000,
    onOutage: (failure) =>
      console.error(`${failure.message} Trying again for up to ${options.retryFor} seconds.`),
  })
  const tell = progress(last)
  let { after, until } = start
  for (;;) {
    // The batch that was under way at the end of the last run is made of the same rows again: the server knows it then.
    const rows = await old.page(after, until ?? last)
    const end = rows.at(-1)?.id
    if (end === undefined) {
      if (until === null) break
      until = null
      continue
    }
    await writePosition(options.position, { sender: start.sender, after, until: end })
    for (const row of rows) {
      tally.lines += 1
      if (row.timestamp !== null) tally.noteTime(row.timestamp)
      if (sender.add(recordOf(row), 'logs', row.id)) await sender.send()
    }
    await sender.finish()
    after = end
    if (until !== null && end >= until) until = null
    await writePosition(options.position, { sender: start.sender, after, until: null })
    tell(after, tally.lines)
  }
}

function recordOf(row: OldLog): LogRecord {
  const { id, timestamp, level, message, camera_id, source, logger_name, extra_data } = row
  const isObject = typeof extra_data === 'object' && extra_data !== null && !Array.isArray(extra_data)
  const fields = isObject ? extra_data : extra_data === null ? {} : { extra_data }
  return {
    level,
    message,
    ...(timestamp === null ? {} : { timestamp }),
    ...(camera_id === null ? {} : { camera_id }),
    ...(source === null ? {} : { source }),
    ...(logger_name === null ? {} : { logger_name }),
    extra_data: { ...fields, imported_id: id },
  } as LogRecord
}

/** Makes the cameras that are not there, and names those that only lines have made; how many were taken over. */
async function takeCameras(client: ApiClient, old: OldLogs): Promise<number> {
  const { cameras } = await client.request<Cameras>('GET', '/api/cameras')
  const known = new Map(cameras.map(({ id, name }) => [id, name]))
  let taken = 0
  for (const { id, name } of await old.cameras()) {
    const now = known.get(id)
    if (now === name || (now !== undefined && now !== `Camera ${id}`)) continue
    const headers = { 'content-type': 'application/json' }
    const cut = inLine(name).slice(0, MAX_NAME_CHARACTERS)
    const request = now === undefined ? { id, name: cut } : { name: cut }
    const [method, path] = now === undefined ? ['POST', '/api/cameras'] : ['PUT', `/api/cameras/${id}`]
    try {
      await client.request(method as string, path as string, { body: JSON.stringify(request), headers })
      taken += 1
    } catch (error) {
      // Its id may be that of a deleted camera; its lines are taken over all the same.
      if (!(error instanceof ApiFailure) || error.isTransient || error.status === 401) throw error
      console.error(visibleInLine(`Camera ${id} (${name}) is skipped: ${error.message}`))
    }
  }
  return taken
}

const MAX_NAME_CHARACTERS = 200

/** The same for the same database, so that a batch is known again in the next run. */
function senderOf(address: string): string {
  const url = new URL(readDatabaseUrl('--from', address))
  const place = `${url.hostname}:${url.port || 5432}${url.pathname}`
  const hash = createHash('sha256').update(place).digest('hex')
  return hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, '$1-$2-8$3-a$4-$5')
}

async function readPosition(file: string, sender: string): Promise<Position> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new StartupError(`The file ${file} cannot be read (${error.code}).`, { cause: error })
  })
  if (text === undefined) return { sender, after: 0, until: null }
  const position = parsePosition(text)
  if (position === undefined) {
    throw new StartupError(`${file} is not the position file of an import. Set --position to another file.`)
  }
  if (position.sender === sender) return position
  throw new StartupError(`${file} belongs to the import of another database. Set --position to another file.`)
}

function parsePosition(text: string): Position | undefined {
  try {
    const { sender, after, until } = JSON.parse(text) as Position
    const isWhole = typeof sender === 'string' && Number.isInteger(after) && after >= 0
    return isWhole && (until === null || Number.isInteger(until)) ? { sender, after, until } : undefined
  } catch {
    return undefined
  }
}

/** Whole or not at all. */
async function writePosition(file: string, position: Position): Promise<void> {
  try {
    await writeFile(`${file}.new`, `${JSON.stringify(position)}\n`, { flush: true })
    await rename(`${file}.new`, file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new StartupError(`The file ${file} cannot be written (${code}). Set --position to another file.`, {
      cause,
    })
  }
}

const TERMINAL_MS = 500
const LOG_MS = 15_000

/** Says on stderr how far it is. */
function progress(last: number): (id: number, rows: number) => void {
  const { isTTY } = process.stderr
  let toldAt = performance.now()
  return (id, rows) => {
    if (performance.now() - toldAt < (isTTY ? TERMINAL_MS : LOG_MS)) return
    toldAt = performance.now()
    const text = `${rows.toLocaleString('en-US')} rows, at the id ${id} of ${last}`
    process.stderr.write(isTTY ? `\r${text} ` : `${text}\n`)
  }
}
