// npm run bench:report
// Runs the benches one after the other and writes their output into docs/benchmarks.md; about half an hour. With
// `-- --only Ingest` runs one part and keeps the others.
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

type Part = {
  title: string
  says: string
  script: string
  args: string[]
  /** Cores to keep to, as taskset takes them. */
  cores?: string
}

const HEAD = `# Benchmarks

Written by \`npm run bench:report\`, which runs the programs in \`bench/\` and copies their output. Times depend on the
machine and its load; each section names the machine it ran on.
`

const PARTS: Part[] = [
  {
    title: 'Ingest',
    says: 'Four clients on the same cores as the server and PostgreSQL; each waits for the reply to its last batch. A reply means: validated, redacted, counted, indexed by time and id and committed with fsync. For comparison, the same bodies go through a bare HTTP server that parses them and copies them into a table with the same columns and no index, with a COMMIT per body; and once more as bodies that are COPY text already.',
    script: 'ingest.ts',
    args: ['--rows', '1000000'],
  },
  {
    title: 'Ingest on two cores',
    says: 'The ingest benchmark with clients, server and PostgreSQL restricted to two cores.',
    script: 'ingest.ts',
    args: ['--rows', '1000000'],
    cores: '0,1',
  },
  {
    title: 'Protocols',
    says: 'The same rows in the protocols of other systems, measured until they are committed, and the throughput of each decoder alone on one core.',
    script: 'protocols.ts',
    args: ['--rows', '200000'],
  },
  {
    title: 'Write cost of each index',
    says: 'One connection copies into the open partition. Under load this partition has only the first two indexes and gets the others when it is closed, at a third of the cost. The remaining difference between ingest and a bare COPY is the cost of these two, the level gate, the counts and the feed, and of validation and redaction in the server, which parses in one thread. Its CPU seconds per million rows limit the rate.',
    script: 'index-cost.ts',
    args: [],
  },
  {
    title: 'Queries',
    says: 'Over HTTP on a kept-alive connection, with different words and ranges in each run. The first table was measured on an idle system with all closed partitions indexed, the second while rows were written.',
    script: 'query.ts',
    args: ['--rows', '10000000', '--days', '10', '--today', '1000000', '--runs', '20', '--writing', '20000'],
  },
  {
    title: 'Queries over eight years',
    says: 'The same queries over eight years of imported lines, in monthly partitions. The silent camera logged once in five days: its newest hundred lines span sixteen months and as many partitions, and planning takes most of the time.',
    script: 'query.ts',
    args: ['--rows', '3000000', '--days', '3000', '--today', '200000', '--runs', '20'],
  },
  {
    title: 'Queries over 1,500 partitions',
    says: 'The same queries over four years in daily partitions, as after four years of operation. A rare substring is searched in every partition, sixteen per statement, with four concurrent statements.',
    script: 'query.ts',
    args: ['--rows', '3000000', '--days', '1500', '--daily', '--today', '200000', '--runs', '20'],
  },
  {
    title: 'Export',
    says: 'Full and filtered exports to one client; then a million rows are exported, imported into another system, and exported again.',
    script: 'export.ts',
    args: ['--rows', '1000000'],
  },
  {
    title: 'Backup and restore',
    says: 'A backup of the running server into a compressed file, a check of the file, and restores into an empty built-in database and into the PostgreSQL installed on the machine. A restore includes primary keys, row order, and a comparison of the row numbers with the kept counts. All other indexes are built in the background.',
    script: 'backup.ts',
    args: ['--rows', '1000000'],
  },
  {
    title: 'Clear and retention',
    says: 'A day of ten million rows is cleared, restored, and reduced by nine tenths by level retention, idle and while rows are written. The benchmark also reports the latency of a batch of 1,000 rows during each operation and without one.',
    script: 'retention.ts',
    args: ['--rows', '10000000'],
  },
  {
    title: 'Idle',
    says: 'The server and its PostgreSQL, ten minutes after their first start, without requests. Memory that several processes share is divided between them (PSS). This applies to files too, which other programs on the machine may share.',
    script: 'rest.ts',
    args: ['--minutes', '10'],
  },
  {
    title: 'Bytes per row',
    says: 'Closed partitions with all indexes, for rows of about 236 bytes as NDJSON.',
    script: 'size.ts',
    args: ['--rows', '1000000'],
  },
]

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } })
const document = join(import.meta.dirname, '../docs/benchmarks.md')
const sections = readSections()
for (const part of PARTS.filter(({ title }) => values.only?.includes(title) ?? true)) {
  const { title, says, script, args, cores } = part
  const output = await run(script, args, cores)
  sections.set(
    title,
    `## ${title}\n\n${says}\n\n\`\`\`\n$ ${script} ${args.join(' ')}\n${output.trim()}\n\`\`\`\n`,
  )
  // After each: the next bench takes minutes.
  const written = PARTS.flatMap((one) => sections.get(one.title) ?? [])
  writeFileSync(document, [HEAD, ...written].join('\n'))
}

/** The sections of earlier runs, by title. */
function readSections(): Map<string, string> {
  const [, ...texts] = readFileSync(document, 'utf8').split(/^(?=## )/m)
  return new Map(texts.map((text) => [text.slice(3, text.indexOf('\n')), `${text.trimEnd()}\n`]))
}

function run(script: string, args: readonly string[], cores?: string): Promise<string> {
  console.log(`${script} ${args.join(' ')}`)
  const program = join(import.meta.dirname, script)
  const command = [process.execPath, '--conditions=timelapser-source', program, ...args]
  if (cores !== undefined) command.unshift('taskset', '-c', cores)
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    process.stdout.write(text)
  })
  return new Promise((resolve, reject) => {
    child.on('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${script} ended with ${code}`)),
    )
  })
}
