// Every option is in the README with the default it has in the code.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const readme = read('../README.md')

/** The heading above the table, the types it documents, and the files that hold the defaults. */
const TABLES: [heading: string, types: string[], files: string[]][] = [
  ['createLogger({ … })', ['LoggerOptions'], ['logger.ts', 'create-logger.ts', 'build-record.ts']],
  ['createLogger({ flightRecorder: { … } })', ['FlightRecorderOptions'], ['flight-recorder.ts']],
  ['consoleHandler({ … })', ['ConsoleOptions'], ['console-handler.ts']],
  ['httpHandler({ … })', ['HttpOptions', 'BatchingLimits'], ['http-handler.ts', 'batching-options.ts']],
  ['collapseRepeats(handler, { … })', ['CollapseOptions'], ['collapse-repeats.ts']],
  ['captureConsole(logger, { … })', ['CaptureOptions'], ['capture-console.ts']],
  ['logger.catch(fn, { … })', ['GuardOptions'], ['guard-function.ts', 'create-logger.ts']],
  ['app.register(requestLogs, { … })', ['RequestLogsOptions'], ['request-logs.ts']],
  [
    'new WinstonTransport({ … })',
    ['ForeignOptions', 'WinstonOptions'],
    ['foreign-lines.ts', 'winston-transport.ts', 'build-record.ts'],
  ],
]

describe.each(TABLES)('%s in the README', (heading, types, files) => {
  const source = files.map((file) => read(file)).join('\n')
  const rows = tableBelow(heading)

  it('has every option and no other', () => {
    const options = types.flatMap((type) => fieldsOf(source, type))
    expect(rows.flatMap(({ names }) => names).sort()).toEqual(options.sort())
  })

  it('tells the defaults of the code', () => {
    const told = rows
      .flatMap(({ names, defaults }) => names.map((name, index) => [name, literalOf(defaults[index] ?? '')]))
      .filter(([, literal]) => literal !== undefined)
    const found = told.map(([name, literal]) => [
      name,
      defaultsOf(source, name ?? '').find((one) => one === literal),
    ])
    expect(found).toEqual(told)
  })
})

function tableBelow(heading: string): { names: string[]; defaults: string[] }[] {
  const start = readme.indexOf(`\n\`${heading}\``)
  if (start < 0) throw new Error(`The README has no \`${heading}\``)
  const lines = readme.slice(start).split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const end = lines.findIndex((line, index) => index > first && !line.startsWith('|'))
  return lines.slice(first + 2, end).map((line) => {
    const [, names = '', defaults = ''] = line.split('|')
    // Two of a kind share a line: `retryBaseMs`, `retryMaxMs` and 500, 30,000.
    return {
      names: [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name as string),
      defaults: defaults.trim().split(/, /),
    }
  })
}

/** The names of a type's fields; those of a type it is made of are asked for by name. */
function fieldsOf(source: string, type: string): string[] {
  const [, body] = new RegExp(`export type ${type} =[^{;]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(source) ?? []
  if (body === undefined) throw new Error(`There is no type ${type}`)
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name as string)
}

/** Reads a default that is a value; other defaults are described in words. */
function literalOf(text: string): string | undefined {
  const megabytes = /^(\d+) MB$/.exec(text)
  if (megabytes) return String(Number(megabytes[1]) * 1024 * 1024)
  if (/^[\d,]+$/.test(text)) return text.replaceAll(',', '')
  return /^`(\w+)`$/.exec(text)?.[1]
}

/** The values that the code gives an option that is not set. */
function defaultsOf(source: string, name: string): string[] {
  const given = String.raw`\b${name}(?:: options\??\.${name} \?\?| \?\?| =|:) ([^,;\n})]+)`
  return [...source.matchAll(new RegExp(given, 'g'))].map(([, value = '']) => evaluate(value.trim()))
}

function evaluate(text: string): string {
  const product = text.split(' * ').map((factor) => Number(factor.replaceAll('_', '')))
  if (product.every((factor) => !Number.isNaN(factor))) return String(product.reduce((a, b) => a * b))
  return text.replace(/^'(.*)'$/, '$1')
}
