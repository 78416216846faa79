import { Command } from 'commander'
import { stringify } from 'yaml'
import type {
  AlertChannels,
  AlertChannelTest,
  AlertHistory,
  AlertPreview,
  AlertRuleInput,
  AlertSilence,
  AlertSilences,
  Alerts,
  AlertWhy,
  AppliedAlerts,
  ListedAlertRule,
} from '../../http/api-schemas.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { parseDuration, wholeNumber } from '../terminal/filter-options.ts'
import { printTable } from '../terminal/print-table.ts'
import { jsonText, paint, visible, visibleInLine } from '../terminal/terminal.ts'
import { readYamlList } from '../terminal/yaml-list.ts'
import { type DigestOptions, digest } from './alerts-digest.ts'

type Json = ServerOptions & { json?: true }
type ListOptions = Json & { yaml?: true }
type TestOptions = Json & { channel?: string; days: number }
type SilenceOptions = Json & { group?: string; for?: string; reason?: string; end?: number }
type HistoryOptions = Json & { limit: number }
type WhyOptions = Json & { at?: string; group?: string }
type ApplyOptions = Json & { prune?: true; dryRun?: true; days: number }

const HELP = `
A rule has a filter, in the terms of the list, and a condition. FILE is YAML or JSON:

  alerts:
    - name: Camera offline
      query: ''
      group_by: camera
      condition: { kind: silence, minutes: 15 }
      active_hours: { timezone: Europe/Berlin, from: '06:00', to: '21:00' }
      channels: [ops]
    - name: Error rate
      query: min_level=ERROR
      condition: { kind: count, over: 20, minutes: 5 }
      channels: [ops]

docs/alerts.md describes every condition and channel.

Exit codes:
  0  done
  1  failed: argument, file, address, key or server, or a test notice that was not accepted; see the message

Examples:
  timelapser-logs alerts list
  timelapser-logs alerts list --yaml > alerts.yaml
  timelapser-logs alerts test alerts.yaml --days 30
  timelapser-logs alerts test --channel ops
  timelapser-logs alerts apply alerts.yaml --prune
  timelapser-logs alerts silence "Camera offline" --group 3 --for 2h --reason "lens is being cleaned"
  timelapser-logs alerts silence --for 1h --reason "upgrade"
  timelapser-logs alerts silence --end 7
  timelapser-logs alerts history "Camera offline"
  timelapser-logs alerts why "Camera offline" --group 3 --at 2026-01-31T14:05:00Z
  timelapser-logs alerts digest
  timelapser-logs alerts digest --at 07:00 --timezone Europe/Berlin --channel ops`

/** `timelapser-logs alerts …`: alert rules and their channels. */
export function alertsCommand(): Command {
  const alerts = new Command('alerts').description('show, test, apply and silence alert rules')
  alerts.addHelpText('after', HELP)
  const add = (name: string, description: string) => {
    const command = addServerOptions(new Command(name)).description(description)
    alerts.addCommand(command.option('--json', 'print JSON').addHelpText('after', HELP))
    return command
  }
  add('list', 'the rules, their state, and the silences')
    .option('--yaml', 'print the rules as a YAML file')
    .action((options: ListOptions) => withServer(options, (client) => list(client, options)))
  add('test', 'show when the rules of a file would have fired, or send a test notice to a channel')
    .argument('[file]', 'rules in YAML or JSON')
    .option('--channel <name>', 'send a test notice to this channel')
    .option('--days <n>', 'days to look back', wholeNumber(1, 30), 7)
    .action((file: string | undefined, options: TestOptions) =>
      withServer(options, (client) => test(client, file, options)),
    )
  add('silence', 'hold back the notices of a rule, or of all rules, for a while')
    .argument('[rule]', 'a rule, by name or id (default: all rules)')
    .option(
      '--group <key>',
      'only this group of the rule: the id of a camera, the name of a source or logger',
    )
    .option('--for <time>', 'duration, for example 15m, 2h or 1d')
    .option('--reason <text>', 'reason, shown to other users')
    .option('--end <id>', 'end the silence of this id instead', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .action((rule: string | undefined, options: SilenceOptions) =>
      withServer(options, (client) => silence(client, rule, options)),
    )
  add('history', 'the transitions of rules, newest first')
    .argument('[rule]', 'a rule, by name or id')
    .option('--limit <n>', 'how many', wholeNumber(1, 500), 50)
    .action((rule: string | undefined, options: HistoryOptions) =>
      withServer(options, (client) => history(client, rule, options)),
    )
  add('why', 'why a rule fired, or did not, at a moment')
    .argument('<rule>', 'a rule, by name or id')
    .option('--at <time>', 'the moment, ISO 8601 (default: now)')
    .option('--group <key>', 'a group of the rule: the id of a camera, the name of a source or logger')
    .action((rule: string, options: WhyOptions) =>
      withServer(options, (client) => why(client, rule, options)),
    )
  add('digest', 'the digest of the last day; or set when and where it is sent daily')
    .option('--at <time>', 'send it daily at this time, for example 07:00')
    .option('--timezone <zone>', 'the zone of that time, for example Europe/Berlin')
    .option('--channel <name...>', 'send it to these channels')
    .option('--off', 'stop sending it')
    .action((options: DigestOptions) => withServer(options, (client) => digest(client, options)))
  add('apply', 'create and change rules from a file')
    .argument('<file>', 'rules in YAML or JSON')
    .option('--prune', 'delete your rules that are not in the file')
    .option('--dry-run', 'show when the rules would have fired; change nothing')
    .option('--days <n>', 'with --dry-run: days to look back', wholeNumber(1, 30), 7)
    .action((file: string, options: ApplyOptions) =>
      withServer(options, (client) => apply(client, file, options)),
    )
  return alerts
}

async function list(client: ApiClient, { json, yaml }: ListOptions): Promise<number> {
  const { rules } = await client.request<Alerts>('GET', '/api/alerts')
  if (yaml) {
    process.stdout.write(stringify({ alerts: rules.filter(({ is_own }) => is_own).map(toInput) }))
    return 0
  }
  const { silences } = await client.request<AlertSilences>('GET', '/api/alerts/silences')
  if (json) console.log(jsonText({ rules, silences }))
  else if (rules.length === 0) console.log('There are no alert rules.')
  else print(rules)
  if (!json) for (const one of silences) console.log(paint('dim', visibleInLine(silenceText(one))))
  return 0
}

function print(rules: readonly ListedAlertRule[]): void {
  printTable(
    ['id', 'rule', 'condition', 'filter', 'state', 'firing', 'channels'],
    rules.map((rule) => [
      String(rule.id),
      rule.name,
      rule.condition_text,
      rule.query || '-',
      stateText(rule),
      rule.groups
        .filter(({ state }) => state === 'firing')
        .map(({ label }) => label || 'yes')
        .join(', '),
      (rule.channels ?? []).join(', ') || '-',
    ]),
  )
  for (const { name, problem } of rules) {
    if (problem !== null) console.error(visibleInLine(`${name} cannot be evaluated: ${problem}`))
  }
}

function stateText({ enabled, problem, firing_count, group_count, group_by }: ListedAlertRule): string {
  if (!enabled) return 'off'
  if (problem !== null) return 'not evaluated'
  if (firing_count > 0) return group_by === undefined ? 'FIRING' : `${firing_count} of ${group_count} FIRING`
  return group_by === undefined ? 'normal' : `${group_count} normal`
}

/** A listed rule as a file has it. */
function toInput(rule: ListedAlertRule): AlertRuleInput {
  const { name, enabled, query, condition, group_by, active_hours, severity, channels, note } = rule
  const { quiet_hours, raise_level, include_own, thresholds } = rule
  const definition = { query, condition, group_by, active_hours, severity, channels, note }
  const given = { ...definition, thresholds, quiet_hours, raise_level, include_own }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { name, ...(enabled ? {} : { enabled }), ...set } as AlertRuleInput
}

async function test(
  client: ApiClient,
  file: string | undefined,
  { json, channel, days }: TestOptions,
): Promise<number> {
  if ((file === undefined) === (channel === undefined)) {
    throw new ApiFailure('Name either a file of rules or, with --channel, a channel.')
  }
  if (file !== undefined) return preview(client, await readYamlList(file, 'alerts'), days, json)
  const { channels } = await client.request<AlertChannels>('GET', '/api/alerts/channels')
  const found = channels.find(({ name }) => name === channel)
  if (!found) {
    const known = channels.map(({ name }) => name).join(', ')
    throw new ApiFailure(`There is no channel "${channel}"${known ? `; known are ${known}` : ''}.`)
  }
  const answer = await client.request<AlertChannelTest>('POST', `/api/alerts/channels/${found.id}/test`)
  if (json) console.log(jsonText(answer))
  else if (answer.is_sent) console.log(visible(`The notice was accepted: ${answer.reply ?? ''}`))
  else
    console.error(visible(`The notice was not accepted. ${answer.error ?? ''} ${answer.reply ?? ''}`.trim()))
  return answer.is_sent ? 0 : 1
}

async function preview(
  client: ApiClient,
  rules: readonly AlertRuleInput[],
  days: number,
  json: true | undefined,
): Promise<number> {
  const previews: { name: string; preview: AlertPreview }[] = []
  for (const { name, enabled: _, ...rule } of rules) {
    previews.push({
      name,
      preview: await send<AlertPreview>(client, 'POST', '/api/alerts/rules/preview', { rule, days }),
    })
  }
  if (json) console.log(jsonText({ rules: previews.map(({ name, preview: found }) => ({ name, ...found })) }))
  for (const { name, preview: found } of json ? [] : previews) {
    const { total, incidents, groups } = found
    console.log(visibleInLine(`${name}: ${total} times in ${days} days, in ${groups} groups.`))
    for (const { label, start, end } of incidents.slice(-10)) {
      console.log(visibleInLine(`  ${start} to ${end ?? 'now'}${label === '' ? '' : `  ${label}`}`))
    }
  }
  return 0
}

async function silence(
  client: ApiClient,
  rule: string | undefined,
  options: SilenceOptions,
): Promise<number> {
  const { json, group, for: lasting, reason, end } = options
  if (end !== undefined) {
    await client.request('DELETE', `/api/alerts/silences/${end}`)
    console.log(json ? jsonText({ ended: end }) : `The silence ${end} has ended.`)
    return 0
  }
  if (lasting === undefined || reason === undefined) throw new ApiFailure('Give --for and --reason.')
  const ms = parseDuration(lasting)
  if (ms === undefined || ms < 60_000) {
    throw new ApiFailure(`--for "${lasting}" is not a duration of at least a minute. Write 15m, 2h or 1d.`)
  }
  const { silence: begun } = await send<{ silence: AlertSilence }>(client, 'POST', '/api/alerts/silences', {
    ...(rule !== undefined && { rule_id: (await findRule(client, rule)).id }),
    ...(group !== undefined && { group_key: group }),
    ...{ reason, minutes: Math.ceil(ms / 60_000) },
  })
  console.log(json ? jsonText(begun) : visibleInLine(silenceText({ ...begun, rule_name: rule ?? null })))
  return 0
}

function silenceText({ id, rule_name, group_key, author, reason, ends_at }: AlertSilence): string {
  const of = rule_name === null ? 'All rules' : rule_name
  return `${of}${group_key === null ? '' : `, ${group_key},`} held back until ${ends_at} by ${author}: ${reason} (silence ${id})`
}

async function history(
  client: ApiClient,
  rule: string | undefined,
  { json, limit }: HistoryOptions,
): Promise<number> {
  const query = new URLSearchParams({ limit: String(limit) })
  if (rule !== undefined) query.set('rule_id', String((await findRule(client, rule)).id))
  const { transitions } = await client.request<AlertHistory>('GET', `/api/alerts/history?${query}`)
  if (json) console.log(jsonText({ transitions }))
  else if (transitions.length === 0) console.log('Nothing was decided yet.')
  else {
    printTable(
      ['at', 'rule', 'group', 'became', 'why', 'held back'],
      transitions.map(({ at, rule_name, label, kind, text, held }) => [
        at,
        rule_name,
        label,
        kind,
        text,
        held ?? '',
      ]),
    )
  }
  return 0
}

async function why(client: ApiClient, named: string, { json, at, group }: WhyOptions): Promise<number> {
  const { id } = await findRule(client, named)
  const query = new URLSearchParams({ ...(at && { at }), ...(group && { group_key: group }) })
  const answer = await client.request<AlertWhy>('GET', `/api/alerts/rules/${id}/why?${query}`)
  if (json) {
    console.log(jsonText(answer))
    return 0
  }
  console.log(`${answer.at}: ${answer.state.replace('_', ' ')}`)
  for (const reason of answer.reasons) console.log(visibleInLine(`  ${reason}`))
  for (const { at: decided, kind, text } of answer.transitions.slice(0, 5)) {
    console.log(paint('dim', visibleInLine(`  ${decided} ${kind}: ${text}`)))
  }
  for (const { channel, kind, state, error } of answer.notices) {
    console.log(
      paint(
        'dim',
        visibleInLine(`  notice ${kind} to ${channel}: ${state}${error === null ? '' : ` (${error})`}`),
      ),
    )
  }
  return 0
}

async function apply(
  client: ApiClient,
  file: string,
  { json, prune, dryRun, days }: ApplyOptions,
): Promise<number> {
  const rules = await readYamlList<AlertRuleInput>(file, 'alerts')
  if (dryRun) return preview(client, rules, days, json)
  const done = await send<AppliedAlerts>(client, 'PUT', '/api/alerts/rules', { rules, prune: prune ?? false })
  if (json) {
    console.log(jsonText(done))
    return 0
  }
  for (const [what, names] of Object.entries({
    made: done.created,
    changed: done.changed,
    deleted: done.deleted,
  })) {
    if (names.length > 0) console.log(visibleInLine(`${what}: ${names.join(', ')}`))
  }
  if (done.unchanged > 0) console.log(`unchanged: ${done.unchanged}`)
  return 0
}

async function findRule(client: ApiClient, named: string): Promise<ListedAlertRule> {
  const { rules } = await client.request<Alerts>('GET', '/api/alerts')
  const found = rules.filter(({ id, name }) => name === named || String(id) === named)
  const [rule] = found
  if (!rule) throw new ApiFailure(`There is no alert rule "${named}".`)
  if (found.length > 1) {
    throw new ApiFailure(
      `Several rules are called "${named}". Name one by its id: ${found.map(({ id }) => id).join(', ')}.`,
    )
  }
  return rule
}

function send<T>(client: ApiClient, method: string, path: string, body: object): Promise<T> {
  return client.request<T>(method, path, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
