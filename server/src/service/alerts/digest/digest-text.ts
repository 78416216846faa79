// A daily digest as text.
import { toMillis } from '../../../store/database/timestamp.ts'
import { inLine } from '../../in-line.ts'
import { cut } from '../delivery/notice.ts'
import { wallText } from '../wall-clock.ts'
import type { Digest } from './digest.ts'

/** Characters of a kind in the text. */
const LONGEST_KIND = 200

/** `[DIGEST] 2026-01-31: 17 errors, 2 alerts, 1 silent camera`. */
export function digestTitle(digest: Digest): string {
  const { levels, alerts, silent_cameras, new_kinds, end, timezone } = digest
  const errors = levels.filter(({ level }) => level === 'ERROR' || level === 'CRITICAL')
  const fired = alerts.reduce((sum, one) => sum + one.fired, 0)
  const parts = [
    counted(sumOf(errors), 'error'),
    counted(fired, 'alert'),
    ...(new_kinds.total > 0 ? [counted(new_kinds.total, 'new kind of message', 'new kinds of message')] : []),
    ...(silent_cameras.total > 0 ? [counted(silent_cameras.total, 'silent camera')] : []),
  ]
  return `[DIGEST] ${wallText(toMillis(end), timezone).slice(0, 10)}: ${parts.join(', ')}`
}

export function digestText(digest: Digest): string {
  const { timezone, start, end, dead_notices } = digest
  const at = (instant: string) => wallText(toMillis(instant), timezone)
  const sections = [
    `${at(start)} to ${at(end)} (${timezone}), the day before in parentheses.`,
    levelsText(digest),
    kindsText(digest, at),
    silentText(digest, at),
    alertsText(digest),
    ownText(digest),
    ...(dead_notices
      ? [`${counted(dead_notices, 'notice')} could not be delivered: see the page Alerts.`]
      : []),
  ]
  return sections.filter((section) => section !== '').join('\n\n')
}

function levelsText({ levels }: Digest): string {
  const all = sumOf(levels)
  const before = levels.reduce((sum, { rows_before }) => sum + rows_before, 0)
  const lines = levels.map(
    ({ level, rows, rows_before }) => `  ${level}: ${amount(rows)} (${amount(rows_before)})`,
  )
  return [`Lines: ${amount(all)} (${amount(before)})`, ...lines].join('\n')
}

function kindsText({ new_kinds, start }: Digest, at: (instant: string) => string): string {
  const { total, most, searched_from, compared_from } = new_kinds
  const notes = [
    ...(searched_from > start ? [`  Only lines from ${at(searched_from)} on were looked at.`] : []),
    ...(compared_from === null ? ['  There was no time to compare them with the days before.'] : []),
  ]
  if (total === 0) return ['New kinds of message at WARNING and above: none', ...notes].join('\n')
  const more = total > most.length ? [`  and ${amount(total - most.length)} more`] : []
  return [
    `New kinds of message at WARNING and above: ${amount(total)}`,
    ...most.map(
      ({ level, text, rows, first_at }) =>
        `  ${level} ${oneLine(text)} (${counted(rows, 'line')}, first at ${at(first_at)})`,
    ),
    ...more,
    ...notes,
  ].join('\n')
}

function silentText({ silent_cameras }: Digest, at: (instant: string) => string): string {
  const { total, listed } = silent_cameras
  if (total === 0) return 'Silent cameras: none'
  const more = total > listed.length ? [`  and ${amount(total - listed.length)} more`] : []
  return [
    `Silent cameras: ${amount(total)}`,
    ...listed.map(
      ({ name, last_at }) => `  ${inLine(name)}${last_at === null ? '' : `, last line ${at(last_at)}`}`,
    ),
    ...more,
  ].join('\n')
}

function alertsText({ alerts }: Digest): string {
  if (alerts.length === 0) return 'Alerts: none fired'
  const lines = alerts.map(({ name, severity, fired, groups, is_firing, problem }) => {
    const times = fired === 1 ? 'once' : `${amount(fired)} times`
    const of = groups > 1 ? ` in ${amount(groups)} groups` : ''
    const said = [
      ...(fired > 0 ? [`fired ${times}${of}`] : []),
      ...(is_firing ? ['fires now'] : []),
      ...(problem === null ? [] : [`cannot be evaluated: ${problem}`]),
    ]
    return `  ${inLine(name)} (${severity}): ${said.join('; ')}`
  })
  return ['Alerts:', ...lines].join('\n')
}

function ownText({ own }: Digest): string {
  if (own === null) return ''
  if (own.total === 0) return 'Warnings and errors of the log server itself: none'
  return [
    `Warnings and errors of the log server itself: ${amount(own.total)}`,
    ...own.most.map(({ level, text, rows }) => `  ${level} ${oneLine(text)} (${counted(rows, 'line')})`),
  ].join('\n')
}

/** A kind's text in one line, cut where it is long. */
function oneLine(text: string): string {
  return cut(inLine(text), LONGEST_KIND)
}

function sumOf(levels: Digest['levels']): number {
  return levels.reduce((sum, { rows }) => sum + rows, 0)
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${amount(count)} ${count === 1 ? one : many}`
}

function amount(count: number): string {
  return count.toLocaleString('en-US')
}
