// npm run bench:logger [-- --rounds 3 --write]
// The cost of a call beside pino and winston: each case in a process of its own, the cases taking turns. `--write` puts
// what was printed into docs/benchmarks-logger.md.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { SubjectName } from './logger-subjects.ts'
import { machine, startSystem } from './system.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, write: { type: 'boolean', default: false } },
})
const rounds = Number(values.rounds)
const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'timelapser-logger-bench-'))
const printed: string[] = []
const system = await startSystem()
try {
  say(machine())
  await compare('disabled', 'A disabled call', [
    'pino',
    'winston',
    'timelapser, level of the logger',
    'timelapser, levels of the handlers',
  ])
  await compare(
    'enabled',
    'An enabled line with two bindings and four fields, written or passed to the handler',
    [
      'pino',
      'pino, buffered',
      'winston',
      'timelapser, http',
      'timelapser, http and JSON to a file',
      'timelapser, http with a spool',
      'timelapser, http, durable',
      'timelapser, http, durable, fsync each second',
    ],
  )
  await pace('paced', '10,000', [
    'pino',
    'winston',
    'timelapser, http',
    'timelapser, http and JSON to a file',
    'timelapser, http, durable',
    'timelapser, http, durable, fsync each second',
  ])
  await pace('slow', '200', [
    'timelapser, http, durable',
    'timelapser, http, durable, fsync each second',
    'timelapser, http, durable, fsync each line',
  ])
  await watchMemory('timelapser, http')
  await watchMemory('timelapser, http with a spool')
  await weigh()
} finally {
  await system.stop()
  rmSync(folder, { recursive: true, force: true })
}
if (values.write) {
  const head = `# Benchmarks of the logger

Written by \`npm run bench:logger -- --write\`. The numbers of the rounds are listed next to their median; they depend on
the machine and its load. pino and winston write JSON lines to a file. The logger also redacts credentials, and sends lines to a
running server with its database on the same machine.
`
  writeFileSync(
    join(root, 'docs/benchmarks-logger.md'),
    `${head}\n\`\`\`\n${printed.join('\n').trim()}\n\`\`\`\n`,
  )
}

function say(line: string): void {
  printed.push(line)
  console.log(line)
}

async function measure<T>(kind: string, subject: SubjectName, url = system.url): Promise<T> {
  const program = join(import.meta.dirname, 'logger-case.ts')
  const { stdout } = await run(process.execPath, [
    '--conditions=timelapser-source',
    '--expose-gc',
    program,
    ...[kind, subject, folder, url, system.apiKey],
  ])
  return JSON.parse(stdout) as T
}

type Cost = { nanoseconds: number; cpu: number }

async function compare(kind: string, title: string, subjects: SubjectName[]): Promise<void> {
  const taken = new Map<SubjectName, Cost[]>(subjects.map((subject) => [subject, []]))
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) taken.get(subject)?.push(await measure<Cost>(kind, subject))
  }
  const calls = (name: SubjectName) => (taken.get(name) ?? []).map(({ nanoseconds }) => nanoseconds)
  const base = median(calls('pino'))
  say(`\n${title}, in nanoseconds: of the caller, and of the process including deferred work`)
  say(row('logger', 'median', '× pino', 'total', 'rounds'))
  for (const [subject, all] of taken) {
    const middle = median(calls(subject))
    const cpu = shortened(median(all.map((cost) => cost.cpu)))
    say(
      row(
        subject,
        shortened(middle),
        (middle / base).toFixed(2),
        cpu,
        calls(subject).map(shortened).join(' '),
      ),
    )
  }
}

function row(name: string, middle: string, ratio: string, cpu: string, all: string): string {
  return `${name.padEnd(46)} ${middle.padStart(8)} ${ratio.padStart(8)} ${cpu.padStart(8)}   ${all}`
}

type Pace = { lines: number; seconds: number; p50: number; p99: number; p999: number; max: number }

async function pace(kind: string, perSecond: string, subjects: SubjectName[]): Promise<void> {
  say(`\nSingle calls at ${perSecond} lines per second, in milliseconds`)
  say(
    `${'logger'.padEnd(46)} ${['p50', 'p99', 'p99.9', 'max'].map((name) => name.padStart(8)).join('')}   lines in seconds`,
  )
  for (const subject of subjects) {
    const { lines, seconds, p50, p99, p999, max } = await measure<Pace>(kind, subject)
    const shown = [p50, p99, p999, max].map((millis) => millis.toFixed(3).padStart(8)).join('')
    say(`${subject.padEnd(46)} ${shown}   ${lines} in ${seconds.toFixed(1)}`)
  }
}

type Memory = { steps: { lines: number; heap: number; rss: number }[]; tell: string }

async function watchMemory(subject: SubjectName): Promise<void> {
  // Port 9 of this machine: nobody answers.
  const { steps, tell } = await measure<Memory>('memory', subject, 'http://127.0.0.1:9')
  say(
    `\nA million lines while the server is down (${subject}): megabytes of heap after a garbage collection, and of the process`,
  )
  say(['lines', 'heap', 'process'].map((name) => name.padStart(10)).join(''))
  for (const { lines, heap, rss } of steps)
    say([String(lines), heap.toFixed(1), rss.toFixed(0)].map((text) => text.padStart(10)).join(''))
  say(`at the end: ${tell}`)
}

/** The package as npm would publish it. */
async function weigh(): Promise<void> {
  const source = join(folder, 'package')
  mkdirSync(source)
  for (const file of ['package.json', 'README.md']) cpSync(join(root, 'logger', file), join(source, file))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const build = join(root, 'logger/tsconfig.build.json')
  await run(process.execPath, [tsc, '-p', build, '--outDir', join(source, 'dist')])
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--dry-run', '--json'], { cwd: source })
  const [packed] = Object.values(
    JSON.parse(stdout) as Record<string, { size: number; unpackedSize: number; entryCount: number }>,
  )
  if (!packed) throw new Error('npm pack printed no result')
  const { size, unpackedSize, entryCount } = packed
  say(
    `\nThe package: ${size} bytes packed, ${unpackedSize} unpacked, ${entryCount} files, including types; plus pino`,
  )
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

function shortened(nanoseconds: number): string {
  return nanoseconds < 100 ? nanoseconds.toFixed(2) : nanoseconds.toFixed(0)
}
