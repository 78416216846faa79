import { Command, Option } from 'commander'
import { EXPORT_FIELDS, EXPORT_FORMATS, type ExportFormat } from '../../store/export/export-format.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { type ExportSummary, exportToFile, exportToStdout } from '../client/export-download.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { addFilterOptions, type FilterOptions, filterParametersOf } from '../terminal/filter-options.ts'
import { jsonText } from '../terminal/terminal.ts'

type Options = ServerOptions &
  FilterOptions & {
    output?: string
    format?: ExportFormat
    fields?: string
    order?: string
    gzip?: true
    resume?: true
    json?: true
  }

const HELP = `
Writes the lines that match at the time of the request, oldest first. The file gets its name only when it is complete;
until then it ends in .part. If the export fails, the .part is deleted, except for uncompressed NDJSON, oldest first: the
same command with --resume continues after its last line, with the lines that match then; other filters are refused, and
"2d" or "today" keep their first meaning. ingest accepts NDJSON unchanged, unless --fields was given.

Exit codes:
  0  everything was written
  1  failed: file, address, key or server; see the message
  3  everything was written except rows that were deleted meanwhile

Examples:
  timelapser-logs export --since 2d -o logs.ndjson.gz
  timelapser-logs export --min-level error --camera 3 -o camera-3.csv
  until timelapser-logs export --since 2026-01-01 -o year.ndjson --resume; do sleep 10; done
  timelapser-logs export -q 'rtsp timeout' --fields timestamp,message | less`

/** `timelapser-logs export`: everything that matches, as a file. */
export function exportCommand(): Command {
  return addFilterOptions(addServerOptions(new Command('export')))
    .description('export all matching lines to a file or stdout')
    .option(
      '-o, --output <file>',
      'output file; the extensions .csv and .gz choose the format (default: stdout)',
    )
    .addOption(new Option('--format <format>', 'output format (default: ndjson)').choices(EXPORT_FORMATS))
    .option('--fields <names>', `columns, separated by commas: ${EXPORT_FIELDS.join(', ')}`)
    .addOption(
      new Option('--order <order>', 'which come first (default: oldest)').choices(['oldest', 'newest']),
    )
    .option('--gzip', 'compress with gzip')
    .option('--resume', 'resume an interrupted export from its .part')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action((options: Options) => withServer(options, (client) => run(client, options)))
}

async function run(client: ApiClient, options: Options): Promise<number> {
  const { output, resume = false } = options
  const parameters = parametersOf(options)
  const isResumable = canResume(parameters)
  if (resume && (output === undefined || !isResumable)) {
    throw new ApiFailure(
      '--resume requires a file (-o) of uncompressed NDJSON with the timestamp, oldest first.',
    )
  }
  const summary = await (output === undefined
    ? exportToStdout(client, parameters)
    : exportToFile(client, parameters, { file: output, isResumable, resume, asked: askedOf(options) }))
  // On stdout are the rows.
  const print = output === undefined ? console.error : console.log
  print(options.json ? jsonText(summary) : sentencesOf(summary))
  return summary.removed === 0 ? 0 : 3
}

/** The options that select and shape the rows, as written: `2d` is the same an hour later. */
function askedOf(options: Options): string {
  const { url, key, dataDir, output, gzip, resume, json, ...asked } = options
  return JSON.stringify(Object.entries(asked).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function canResume(parameters: URLSearchParams): boolean {
  const fields = parameters.getAll('fields')
  return (
    parameters.get('format') === 'ndjson' &&
    !parameters.has('compress') &&
    parameters.get('order') !== 'newest' &&
    (fields.length === 0 || fields.includes('timestamp'))
  )
}

function parametersOf(options: Options): URLSearchParams {
  const { output = '', format, fields, order, gzip } = options
  const parameters = filterParametersOf(options)
  const name = output.toLowerCase()
  parameters.set('format', format ?? (/\.csv(\.gz)?$/.test(name) ? 'csv' : 'ndjson'))
  if (gzip || name.endsWith('.gz')) parameters.set('compress', 'gzip')
  if (order !== undefined) parameters.set('order', order)
  for (const field of fields?.split(',') ?? []) {
    const known = EXPORT_FIELDS.find((one) => one === field.trim())
    if (!known)
      throw new ApiFailure(`There is no column ${field.trim()}. Columns: ${EXPORT_FIELDS.join(', ')}.`)
    parameters.append('fields', known)
  }
  return parameters
}

function sentencesOf({ file, rows, bytes, removed, seconds }: ExportSummary): string {
  const rate = Math.round(rows / Math.max(seconds, 0.001))
  const written = `Wrote ${grouped(rows)} rows (${grouped(bytes)} bytes)${file === null ? '' : ` to ${file}`}`
  const first = `${written} in ${seconds.toFixed(1)} s (${grouped(rate)} rows a second).`
  if (removed === 0) return first
  if (removed === null) return `${first}\nRows were deleted meanwhile; their number is not known.`
  return `${first}\n${grouped(removed)} rows were deleted before they were read.`
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
