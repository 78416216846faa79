// npm run bench:report
// Runs the benches one after the other and writes their output into docs/benchmarks.md; about half an hour. With
// `-- --only 'Taking in'` one part alone, the others as they were.
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

Written by \`npm run bench:report\`, which runs the programs in \`bench/\` and copies what they print. Times depend on the
machine and on what else it does; each part names the machine it ran on.
`

const PARTS: Part[] = [
  {
    title: 'Taking in',
    says: 'Four clients on the same cores as the server and PostgreSQL, each waiting for the reply to its last batch. A reply means: checked, credentials masked, counted, indexed by time and id and committed with fsync. Beside it the same bodies through a bare HTTP server that parses them and copies them into a table with the same columns and no index, a COMMIT each; and the same again with bodies that are COPY text already.',
    script: 'ingest.ts',
    args: ['--rows', '1000000'],
  },
  {
    title: 'Taking in, on two cores',
    says: 'The same, with clients, server and PostgreSQL kept to two cores.',
    script: 'ingest.ts',
    args: ['--rows', '1000000'],
    cores: '0,1',
  },
  {
    title: 'Protocols',
    says: "The same rows as other systems' senders write them, each until it is committed; beside it what its decoder alone does on one core.",
    script: 'protocols.ts',
    args: ['--rows', '200000'],
  },
  {
    title: 'What each index costs those who write',
    says: 'One connection that copies into the open partition. Under load it goes without all but the first two and gets the others when it is closed, at a third of the price. What is left between taking in and a bare COPY: these two, the check of the level, counts and feed; and in the server, whose one thread parses, the checks and the masking. Its CPU seconds a million rows bound the rate.',
    script: 'index-cost.ts',
    args: [],
  },
  {
    title: 'Asking',
    says: 'Through HTTP on a kept-alive connection, other words and ranges each run. The first table at rest, with all closed partitions indexed; the second while rows are being written.',
    script: 'query.ts',
    args: ['--rows', '10000000', '--days', '10', '--today', '1000000', '--runs', '20', '--writing', '20000'],
  },
  {
    title: 'Asking, over years',
    says: 'The same questions of eight years that were imported, in partitions of a month. The silent camera logged once in five days: its newest hundred lines reach back over sixteen months, as many partitions, and planning these is most of the time.',
    script: 'query.ts',
    args: ['--rows', '3000000', '--days', '3000', '--today', '200000', '--runs', '20'],
  },
  {
    title: 'Asking 1,500 partitions',
    says: 'The same of four years in partitions of a day, as an installation has that ran all the while. A rare substring is looked for in each of them, sixteen a statement, four statements side by side.',
    script: 'query.ts',
    args: ['--rows', '3000000', '--days', '1500', '--daily', '--today', '200000', '--runs', '20'],
  },
  {
    title: 'Getting out',
    says: 'Everything, and parts of it, to one client; then a million rows out of one system, into another and out of that again.',
    script: 'export.ts',
    args: ['--rows', '1000000'],
  },
  {
    title: 'Backup and restore',
    says: "Everything beside the running server into a packed file, the file read to its end, and the file into an empty built-in database and into the machine's own PostgreSQL: with its keys and its order; counted, and held against the kept counts. Every other index is built in the background.",
    script: 'backup.ts',
    args: ['--rows', '1000000'],
  },
  {
    title: 'Clearing and forgetting',
    says: 'A day of ten million rows cleared, restored, and relieved of nine tenths by level, at rest and while rows are being written; and how long a batch of 1,000 waits for its reply meanwhile, beside how long it waits with nothing else going on.',
    script: 'retention.ts',
    args: ['--rows', '10000000'],
  },
  {
    title: 'At rest',
    says: 'The program and its PostgreSQL, ten minutes after their first start, asked for nothing. What several processes share counts for each by its share; so do files, of which other programs on the machine may bear a part.',
    script: 'rest.ts',
    args: ['--minutes', '10'],
  },
  {
    title: 'Bytes a row',
    says: 'In closed partitions, with every index, for rows of about 236 bytes as NDJSON.',
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
