import { Command, Option } from 'commander'
import type { InferredLevel } from '../../ingest/inference/infer-level.ts'
import type { InferredTime } from '../../ingest/inference/infer-time.ts'
import type { LineOptions } from '../../ingest/line-records.ts'
import type { NaiveClock } from '../../ingest/time-zone.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, findServer, noKey, type ServerOptions } from '../client/server-options.ts'
import { FormMemory, type FormPlace, placeOfFile, placeOfPipe } from './form-memory.ts'
import {
  toCameraId,
  toClock,
  toDays,
  toLevelForm,
  toSeconds,
  toSource,
  toTimeForm,
} from './ingest-arguments.ts'
import { FORMATS, type Format } from './ingest-decoder.ts'
import { ingestFiles } from './ingest-files.ts'
import { inspectFile, sourceNameOf } from './ingest-input.ts'
import { raiseRetention, readRetention, type ShiftMode } from './ingest-plan.ts'
import { IngestSender } from './ingest-sender.ts'
import { EXIT, IngestStop } from './ingest-stop.ts'
import { ingestStream } from './ingest-stream.ts'
import { IngestTally } from './ingest-tally.ts'
import { isJoined, joiningOf } from './joining.ts'

type Options = ServerOptions & {
  format: Format
  source?: string
  camera?: number
  logger?: string
  timezone?: NaiveClock
  timeFormat?: InferredTime
  levelField?: InferredLevel
  dateOrder?: 'day-first' | 'month-first'
  join: boolean
  keepDays?: number
  shiftToNow?: ShiftMode
  live?: true
  retryFor: number
  dryRun?: true
}

/** First lines of a file from which it is found how they are written. */
const FILE_SAMPLE_LINES = 2000

const HELP = `
Files are read twice: once for their times, once to send them; gzip is unpacked. Without files, or for -, lines are read
from stdin and sent at least once a second until it ends or Ctrl-C.

The format of plain lines is detected from the first lines and reported in the summary. The message of a plain line is
the line without a leading time; a stack trace belongs to the line before it.
Records keep their own times and are stored regardless of the level in force, which needs an administrator's key.
The key comes from --key, TIMELAPSER_LOGS_API_KEY or the file admin-api-key in the data folder, in this order.

Exit codes:
  0  everything was stored
  1  nothing or not everything was sent: file, address, key or server; see the message
  2  lines are older than the server keeps; nothing was sent
  3  everything was sent, and some records were rejected

Examples:
  timelapser-logs ingest /var/log/syslog /var/log/syslog.*.gz --timezone Europe/Berlin
  timelapser-logs ingest old/*.log --shift-to-now each
  docker logs -f web 2>&1 | timelapser-logs ingest --source web --live
  journalctl -f -a -o json | timelapser-logs ingest --format journald --live`

/** `timelapser-logs ingest [files…]`: log files and streams into the server. */
export function ingestCommand(): Command {
  const command = addServerOptions(new Command('ingest'))
    .description('send log files, or lines from stdin, to the server')
    .argument('[files...]', 'NDJSON or plain log files, also gzipped')
  return addLineOptions(command)
    .option(
      '--keep-days <days>',
      'raise the retention to this many days if it is lower; 0 keeps everything',
      toDays,
    )
    .addOption(
      new Option(
        '--shift-to-now [which]',
        'shift times so that the newest line is now, over all files or per file',
      )
        .choices(['together', 'each'])
        .preset('together'),
    )
    .option(
      '--live',
      'send as an application does: the server gates levels and corrects times; any ingest key is sufficient',
    )
    .option('--dry-run', 'decode and report; send nothing')
    .option('--retry-for <seconds>', 'seconds to retry while the server is unreachable', toSeconds, 300)
    .addHelpText('after', HELP)
    .action(async (files: string[], options: Options) => {
      process.exitCode = await runIngest(files, options)
    })
}

/** How lines are read, and the fields of records that have none. */
function addLineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'line format; auto detects it for each file')
        .choices(FORMATS)
        .default('auto'),
    )
    .option(
      '--source <name>',
      'source of records without one (default: the name of the file, or stdin)',
      toSource,
    )
    .option('--camera <id>', 'camera of records without one', toCameraId)
    .option('--logger <name>', 'logger of records without one')
    .option(
      '--timezone <zone>',
      'time zone of times without one, such as Europe/Berlin (default: UTC)',
      toClock,
    )
    .option(
      '--time-format <form>',
      'time format of plain lines, such as "DD.MM.YYYY hh:mm:ss,fff" (default: detected)',
      toTimeForm,
    )
    .option(
      '--level-field <place>',
      'column or key with the level of plain lines (default: detected)',
      toLevelForm,
    )
    .addOption(
      new Option(
        '--date-order <order>',
        'order in dates such as 03/04/2026, if no line decides it (default: month first)',
      ).choices(['day-first', 'month-first']),
    )
    .option('--no-join', 'store every line as its own record, also within a stack trace')
}

async function runIngest(paths: string[], options: Options): Promise<number> {
  const tally = new IngestTally()
  try {
    console.log(isStdin(paths) ? await fromStdin(options, tally) : await fromFiles(paths, options, tally))
    return tally.rejected > 0 ? EXIT.someRejected : 0
  } catch (error) {
    const sentence = sentenceOf(error)
    if (sentence === undefined) throw error
    console.error(sentence)
    if (tally.stored > 0)
      console.error(`${tally.stored.toLocaleString('en-US')} records were stored before that.`)
    return error instanceof IngestStop ? error.exitCode : EXIT.failed
  }
}

function isStdin(paths: readonly string[]): boolean {
  if (paths.length > 1 && paths.includes('-'))
    throw new IngestStop('- stands for stdin, which cannot be read together with files.', EXIT.failed)
  return paths.length === 0 || paths[0] === '-'
}

async function fromFiles(paths: string[], options: Options, tally: IngestTally): Promise<string> {
  const nowMs = Date.now()
  const files = []
  for (const path of paths) {
    const line: LineOptions = {
      ...lineOptions(options, sourceNameOf(path), nowMs),
      undated: 'previous',
      sampleLines: FILE_SAMPLE_LINES,
    }
    files.push({ file: await inspectFile(path), format: options.format, line })
  }
  const client = await connect(options)
  const joining = await joiningOf(client)
  const memory = client && memoryFor(client, options)
  const places = new Map(
    files.map(({ file, line }) => [file.path, placeOfFile(file.path, line.source ?? '')]),
  )
  for (const { file, line } of files) {
    line.join = isJoined(line, joining)
    line.isResumed = true
    line.remembered = await memory?.recall(places.get(file.path) as FormPlace)
  }
  const isImport = options.live !== true
  const deliver = (to: ApiClient) => ({ client: to, isImport, sender: senderFor(to, options, tally) })
  return ingestFiles({
    files,
    shift: options.shiftToNow,
    keepDays: options.keepDays,
    nowSeconds: Math.floor(nowMs / 1000),
    tally,
    ...(memory &&
      options.dryRun !== true && {
        onForm: (path, form) => memory.keep(places.get(path) as FormPlace, form),
      }),
    ...(options.dryRun === true
      ? { delivery: undefined, asked: client }
      : { delivery: client && deliver(client) }),
  })
}

async function fromStdin(options: Options, tally: IngestTally): Promise<string> {
  if (process.stdin.isTTY)
    throw new IngestStop('Give files to read, or pipe lines into the command.', EXIT.failed)
  if (options.shiftToNow !== undefined) {
    throw new IngestStop(
      '--shift-to-now needs files: the newest line of a stream is not known yet.',
      EXIT.failed,
    )
  }
  const client = await connect(options)
  const retentionDays = options.live === true ? undefined : await retentionFor(client, options)
  const line = lineOptions(options, 'stdin', Date.now())
  line.writtenUntil = line.now
  const memory = client && memoryFor(client, options)
  const place = placeOfPipe(line.source ?? 'stdin')
  line.remembered = await memory?.recall(place)
  // The program that feeds the pipe ends by the same Ctrl-C; the lines it wrote are still sent.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.stdin.push(null))
  return ingestStream({
    input: process.stdin,
    format: options.format,
    line: { ...line, join: isJoined(line, await joiningOf(client)) },
    retentionDays,
    tally,
    ...(memory && options.dryRun !== true && { onForm: (form) => memory.keep(place, form) }),
    sender: client && options.dryRun !== true ? senderFor(client, options, tally) : undefined,
  })
}

/** Nothing is remembered of a form that a person set, at least in part. */
function memoryFor(
  client: ApiClient,
  { timeFormat, levelField, dateOrder }: Options,
): FormMemory | undefined {
  const isSet = timeFormat !== undefined || levelField !== undefined || dateOrder !== undefined
  return isSet ? undefined : new FormMemory(client)
}

/** The days the server keeps, raised to `keepDays` first. */
async function retentionFor(client: ApiClient | undefined, { keepDays, dryRun }: Options): Promise<number> {
  if (client === undefined) return 0
  return raiseRetention(client, await readRetention(client), keepDays, dryRun === true)
}

/** Connects to the server; a dry run works without a server, and names the checks that it left out. */
async function connect(options: Options): Promise<ApiClient | undefined> {
  const { client, hasKey } = await findServer(options)
  const { dryRun, live } = options
  if (dryRun === true && live === true) {
    console.error('The server gates levels and corrects times when lines arrive; a dry run cannot show this.')
    return undefined
  }
  if (!hasKey && dryRun !== true) throw new IngestStop(noKey(options), EXIT.failed)
  if (dryRun !== true) return client
  const failure = hasKey ? await failureOf(readRetention(client)) : noKey(options)
  if (failure === undefined) return client
  console.error(`${failure} Whether the server keeps lines of these times is not checked.`)
  return undefined
}

async function failureOf(asking: Promise<unknown>): Promise<string | undefined> {
  return asking.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof ApiFailure) return error.message
      throw error
    },
  )
}

function senderFor(client: ApiClient, options: Options, tally: IngestTally): IngestSender {
  return new IngestSender({
    client,
    tally,
    isImport: options.live !== true,
    retryForMs: options.retryFor * 1000,
    onOutage: (failure) =>
      console.error(`${failure.message} Trying again for up to ${options.retryFor} seconds.`),
  })
}

function lineOptions(options: Options, defaultSource: string, nowMs: number): LineOptions {
  return {
    now: new Date(nowMs).toISOString(),
    source: options.source ?? defaultSource,
    join: options.join,
    ...(options.logger === undefined ? {} : { logger_name: options.logger }),
    ...(options.camera === undefined ? {} : { camera_id: options.camera }),
    ...(options.timezone === undefined ? {} : { clock: options.timezone }),
    timeForm: options.timeFormat,
    levelForm: options.levelField,
    dateOrder: options.dateOrder === undefined ? undefined : DATE_ORDERS[options.dateOrder],
  }
}

const DATE_ORDERS = { 'day-first': 'day first', 'month-first': 'month first' } as const

function sentenceOf(error: unknown): string | undefined {
  if (error instanceof IngestStop || error instanceof ApiFailure) return error.message
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const path = 'path' in error ? ` ${error.path}` : ''
  if (error.code === 'ENOENT') return `There is no file${path}.`
  if (error.code === 'EACCES') return `The file${path} may not be read by this user.`
  if (error.code === 'EISDIR') return `A folder was given${path}; give the files in it.`
  if (error.code === 'Z_BUF_ERROR' || error.code === 'Z_DATA_ERROR')
    return `A gzip file is damaged: ${error.message}.`
  return undefined
}
