import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { stringify } from 'yaml'
import type {
  ListedParseRule,
  ParseDryRun,
  ParseRule,
  ParseRules,
  TriedLine,
} from '../../http/api-schemas.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { wholeNumber } from '../terminal/filter-options.ts'
import { printTable } from '../terminal/print-table.ts'
import { jsonText, paint, visibleInLine } from '../terminal/terminal.ts'
import { readYamlList } from '../terminal/yaml-list.ts'

type ListOptions = ServerOptions & { json?: true; yaml?: true }
type TestOptions = ServerOptions & { json?: true; source?: string; count: number }
type ApplyOptions = ServerOptions & { json?: true; dryRun?: true; hours: number }

/** Lines of standard input that are tried. */
const MAX_LINES = 100

const HELP = `
Rules extract fields from the lines of their sources, before redaction and the level gate. FILE is YAML or JSON:

  rules:
    - name: access log
      sources: [nginx*]
      parse:
        as: grok
        pattern: '%{IP:client} %{WORD:method} %{NOTSPACE:path} %{INT:status}'
      actions:
        - { do: drop, when: { field: path, equals: [/healthz] } }
        - { do: level, field: status, values: { 500: ERROR, 404: WARNING } }

docs/parsing.md describes every form and action.

Exit codes:
  0  done
  1  failed: argument, file, address, key or server; see the message

Examples:
  timelapser-logs parse-rules list
  timelapser-logs parse-rules list --yaml > rules.yaml
  timelapser-logs parse-rules test rules.yaml
  tail -20 access.log | timelapser-logs parse-rules test rules.yaml --source nginx
  timelapser-logs parse-rules apply rules.yaml --dry-run
  timelapser-logs parse-rules apply rules.yaml`

/** `timelapser-logs parse-rules …`: the rules that parse lines as they come in. */
export function parseRulesCommand(): Command {
  const rules = new Command('parse-rules').description('show, test and apply parse rules')
  rules.addHelpText('after', HELP)
  const add = (name: string, description: string) => {
    const command = addServerOptions(new Command(name)).description(description)
    rules.addCommand(command.option('--json', 'print JSON').addHelpText('after', HELP))
    return command
  }
  add('list', 'the rules in force, with their counts of the last seven days')
    .option('--yaml', 'print the rules as a YAML file')
    .action((options: ListOptions) => withServer(options, (client) => list(client, options)))
  add('test', 'try the rules of a file on lines of standard input, or on the newest stored lines')
    .argument('<file>', 'rules in YAML or JSON')
    .option('--source <name>', 'the source of the lines of standard input')
    .option('--count <n>', 'stored lines to try', wholeNumber(1, MAX_LINES), 10)
    .action((file: string, options: TestOptions) =>
      withServer(options, (client) => test(client, file, options)),
    )
  add('apply', 'replace the rules in force with the rules of a file')
    .argument('<file>', 'rules in YAML or JSON')
    .option('--dry-run', 'show the effect on the stored lines of the last hour; change nothing')
    .option('--hours <n>', 'with --dry-run: hours to look back', wholeNumber(1, 24), 1)
    .action((file: string, options: ApplyOptions) =>
      withServer(options, (client) => apply(client, file, options)),
    )
  return rules
}

async function list(client: ApiClient, { json, yaml }: ListOptions): Promise<number> {
  const { rules } = await client.request<ParseRules>('GET', '/api/parse-rules')
  if (yaml) process.stdout.write(stringify({ rules: rules.map(({ rule }) => rule) }))
  else if (json) console.log(jsonText({ rules }))
  else if (rules.length === 0) console.log('There are no parse rules.')
  else print(rules)
  return 0
}

function print(rules: readonly ListedParseRule[]): void {
  printTable(
    ['rule', 'sources', 'reads', 'applied', 'failed', 'dropped', 'passed'],
    rules.map(({ rule, counts }) => [
      rule.enabled === false ? `${rule.name} (off)` : rule.name,
      rule.sources.join(', '),
      rule.parse?.as ?? '-',
      ...[counts.applied, counts.failed, counts.dropped, counts.passed].map((count) => grouped(count)),
    ]),
  )
  for (const { rule, counts, problem } of rules) {
    if (problem !== null) console.error(visibleInLine(`${rule.name} cannot be run: ${problem}`))
    if (counts.last_failure !== null) {
      console.error(
        paint(
          'dim',
          visibleInLine(`${rule.name} last failed at ${counts.last_failed_at}: ${counts.last_failure}`),
        ),
      )
    }
  }
}

async function test(client: ApiClient, file: string, { json, source, count }: TestOptions): Promise<number> {
  const rules = await readYamlList<ParseRule>(file, 'rules')
  const lines = process.stdin.isTTY ? undefined : linesOf(await text(process.stdin), source)
  if (lines === undefined && source !== undefined) {
    throw new ApiFailure('--source applies to lines of standard input; stored lines already have a source.')
  }
  const given = lines === undefined || lines.length === 0 ? { count } : { lines }
  const answer = await send<{ lines: TriedLine[] }>(client, 'POST', '/api/parse-rules/test', {
    rules,
    ...given,
  })
  if (json) console.log(jsonText(answer))
  else if (answer.lines.length === 0) console.log('There are no stored lines of the sources of these rules.')
  else for (const line of answer.lines) printTried(line)
  return 0
}

function linesOf(input: string, source: string | undefined): object[] {
  const lines = input.split(/\r?\n/).filter((line) => line.trim() !== '')
  return lines.slice(0, MAX_LINES).map((message) => ({ message, ...(source !== undefined && { source }) }))
}

function printTried({ outcome, before, after, rules }: TriedLine): void {
  console.log(visibleInLine(`${outcome.padEnd(9)} ${before.source}: ${before.message}`))
  for (const { name, reason } of rules)
    if (reason !== null) console.log(visibleInLine(`${' '.repeat(10)}${name}: ${reason}`))
  if (outcome !== 'changed' || after === null) return
  for (const name of ['timestamp', 'level', 'logger_name', 'camera_id', 'message'] as const) {
    if (before[name] !== after[name])
      console.log(visibleInLine(`${' '.repeat(10)}${name}: ${before[name]} -> ${after[name]}`))
  }
  for (const [name, value] of Object.entries(after.extra_data ?? {})) {
    console.log(visibleInLine(`${' '.repeat(10)}${name} = ${JSON.stringify(value)}`))
  }
}

async function apply(
  client: ApiClient,
  file: string,
  { json, dryRun, hours }: ApplyOptions,
): Promise<number> {
  const rules = await readYamlList<ParseRule>(file, 'rules')
  if (dryRun) {
    const run = await send<ParseDryRun>(client, 'POST', '/api/parse-rules/dry-run', { rules, hours })
    if (json) console.log(jsonText(run))
    else printRun(run)
    return 0
  }
  const answer = await send<ParseRules>(client, 'PUT', '/api/parse-rules', { rules })
  console.log(json ? jsonText(answer) : `${answer.rules.length} parse rules are now in force.`)
  return 0
}

function printRun(run: ParseDryRun): void {
  const { lines, changed, dropped, failed, start, searched_to } = run
  console.log(
    `Of ${grouped(lines)} stored lines since ${start}, ${grouped(changed)} would change and ${grouped(dropped)} would be dropped; a rule fails on ${grouped(failed)}. Nothing was changed.`,
  )
  if (searched_to !== null)
    console.log(`The time limit was reached: lines before ${searched_to} were not tried.`)
  for (const { name, failures } of run.rules) {
    for (const { reason, lines: count } of failures)
      console.log(visibleInLine(`  ${name}: ${reason} (${grouped(count)})`))
  }
  for (const line of run.examples) printTried(line)
}

function send<T>(client: ApiClient, method: string, path: string, body: object): Promise<T> {
  return client.request<T>(method, path, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
