import { setTimeout as wait } from 'node:timers/promises'
import { Presets, SingleBar } from 'cli-progress'
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  generateDiverseLogScenarios,
  SCENARIO_NAMES,
  type ScenarioName,
  type ScenarioOptions,
} from '../../service/scenarios/generate-diverse-log-scenarios.ts'
import type { ApiClient } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { toDays } from '../ingest/ingest-arguments.ts'
import { raiseRetention, readRetention } from '../ingest/ingest-plan.ts'
import { IngestSender } from '../ingest/ingest-sender.ts'
import { IngestTally } from '../ingest/ingest-tally.ts'
import { takeStock, tellDifference } from '../terminal/scenarios-report.ts'
import { jsonText } from '../terminal/terminal.ts'

type Options = ServerOptions & {
  rows: number
  days?: number
  hours: number
  /** Milliseconds since 1970. */
  until?: number
  seed: number
  cameras: number
  only?: ScenarioName[]
  live?: true
  rate: number
  print?: true
  keepDays?: number
  json?: true
}

const DAY_MS = 86_400_000
/** Batches under way: with more the server gains nothing. */
const LANES = 4
/** How often a live story sends what has happened. */
const LIVE_STEP_MS = 250

const HELP = `
Logs as a running installation writes them, in the order of their time: system, workers, API requests and cameras,
nights of broken streams, floods, a camera that falls silent, stack traces, long lines, letters of many scripts. The
same seed, count and range give the same lines.

Exit codes:
  0  they are stored, and what is counted afterwards shows them
  1  they are not

Examples:
  timelapser-logs scenarios                                 200 lines of the past hour, and a check of the counts
  timelapser-logs scenarios --rows 5m --days 30 --keep-days 31
  timelapser-logs scenarios --live --rate 20                until Ctrl-C
  timelapser-logs scenarios --rows 1k --only camera --print > cameras.ndjson`

/** `timelapser-logs scenarios`: generated logs for trying things out (spec: "Test Scenario Generator"). */
export function scenariosCommand(): Command {
  return addServerOptions(new Command('scenarios'))
    .description('send generated, realistic logs')
    .option('--rows <count>', 'how many: 200, 50k, 5m', toRows, 200)
    .option('--hours <n>', 'the past n hours', toRows, 1)
    .option('--days <n>', 'the past n days instead', toDays)
    .option('--until <time>', 'end of the range (default: now)', toMillis)
    .option('--seed <n>', 'seed of the generator', toRows, 1)
    .option('--cameras <n>', 'number of cameras', toRows, 8)
    .addOption(new Option('--only <kinds...>', 'only these kinds').choices(SCENARIO_NAMES))
    .option('--live', 'run in real time until stopped, subject to levels')
    .option('--rate <n>', 'lines per second with --live', toRows, 10)
    .option('--print', 'print NDJSON instead of sending it')
    .option(
      '--keep-days <days>',
      'raise the retention to this many days if it is lower; 0 keeps everything',
      toDays,
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      if (options.print) await print(options)
      else
        await withServer(options, (client) =>
          options.live ? runLive(client, options) : run(client, options),
        )
    })
}

function storyOf(options: Options, rows = options.rows): ScenarioOptions {
  const toMs = options.until ?? Date.now()
  const fromMs = toMs - (options.days === undefined ? options.hours * 3_600_000 : options.days * DAY_MS)
  const { seed, cameras, only } = options
  return { seed, rows, fromMs, toMs, cameras, ...(only && { only }) }
}

async function print(options: Options): Promise<void> {
  // The reader has enough and closed the pipe, as `head` does.
  process.stdout.once('error', () => process.exit(0))
  for (const record of generateDiverseLogScenarios(storyOf(options))) {
    if (!process.stdout.write(`${JSON.stringify(record)}\n`)) {
      await new Promise((resolve) => process.stdout.once('drain', resolve))
    }
  }
}

async function run(client: ApiClient, options: Options): Promise<number> {
  const story = storyOf(options)
  const kept = await raiseRetention(client, await readRetention(client), options.keepDays)
  if (kept > 0 && Date.now() - story.fromMs > kept * DAY_MS) {
    console.error(`The server keeps ${kept} days; older lines would be deleted again. Give --keep-days.`)
    return 1
  }
  const before = await takeStock(client, story)
  const tally = new IngestTally()
  const senders = Array.from({ length: LANES }, () => senderFor(client, tally, true))
  const bar = process.stderr.isTTY ? startBar(story.rows) : undefined
  let made = 0
  let lane = 0
  try {
    for (const record of generateDiverseLogScenarios(story)) {
      tally.noteTime(record.timestamp)
      const sender = senders[lane % LANES] as IngestSender
      if (!sender.add(record, 'scenarios', ++made)) continue
      await sender.send()
      lane++
      bar?.update(tally.stored)
    }
    await Promise.all(senders.map((sender) => sender.finish()))
    bar?.update(tally.stored)
  } finally {
    bar?.stop()
  }
  tally.lines = made
  const { verdicts, report } = tellDifference(before, await takeStock(client, story), tally.stored)
  if (options.json) console.log(jsonText({ stored: tally.stored, rejected: tally.rejected, ...report }))
  else console.log([tally.summary('generated logs', false), ...verdicts].join('\n'))
  return tally.rejected > 0 || verdicts.some((verdict) => verdict.startsWith('❌')) ? 1 : 0
}

async function runLive(client: ApiClient, options: Options): Promise<number> {
  const tally = new IngestTally()
  const sender = senderFor(client, tally, false)
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  const endless = {
    ...storyOf(options, Number.POSITIVE_INFINITY),
    fromMs: Date.now(),
    toMs: Number.POSITIVE_INFINITY,
  }
  console.error(`About ${options.rate} lines a second until Ctrl-C.`)
  for (const record of generateDiverseLogScenarios({ ...endless, rowsASecond: options.rate })) {
    while (!stopping.signal.aborted && Date.parse(record.timestamp) > Date.now()) {
      await sender.send()
      await wait(LIVE_STEP_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
    if (stopping.signal.aborted) break
    tally.noteTime(record.timestamp)
    sender.add(record, 'scenarios', ++tally.lines)
  }
  await sender.finish()
  console.log(tally.summary('generated logs', false))
  return 0
}

function senderFor(client: ApiClient, tally: IngestTally, isImport: boolean): IngestSender {
  const onOutage = ({ message }: Error) => console.error(`${message} Trying again for up to five minutes.`)
  return new IngestSender({ client, tally, isImport, retryForMs: 300_000, onOutage })
}

function startBar(rows: number): SingleBar {
  const format = '  {bar} {percentage} % {value} of {total} rows, {eta_formatted} to go'
  const bar = new SingleBar({ format, stream: process.stderr }, Presets.rect)
  bar.start(rows, 0)
  return bar
}

function toMillis(text: string): number {
  const millis = Date.parse(text)
  if (Number.isNaN(millis)) throw new InvalidArgumentError('It takes a time such as 2026-01-31T12:00:00Z.')
  return millis
}

function toRows(text: string): number {
  const [, count, unit] = /^(\d{1,9})([km]?)$/i.exec(text.trim()) ?? []
  if (count === undefined) throw new InvalidArgumentError('It takes a whole number such as 200, 50k or 5m.')
  return Number(count) * (unit?.toLowerCase() === 'm' ? 1_000_000 : unit ? 1000 : 1)
}
