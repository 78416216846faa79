import { inLine } from '../../in-line.ts'
import type { AlertDefinition } from '../alert-rule.ts'
import type { Digest } from '../digest/digest.ts'

/** A line as evidence. */
export type NoticeLine = {
  timestamp: string
  level: string
  source: string
  camera_name: string | null
  message: string
}

export type RaisedNotice = {
  level: string
  /** The list of them, over fixed bounds. */
  link: string | null
  lines: NoticeLine[]
}

/** A group that a notice is about. */
export type NoticeGroup = {
  key: string
  /** As people call it: the camera's name say. */
  label: string
  value: number | null
  /** The limit that the value was held against. */
  threshold: number | null
  at: string
  first_at: string | null
  last_at: string | null
  late_ms: number
}

export type NoticeKind = 'firing' | 'resolved' | 'problem' | 'recovered' | 'digest' | 'test'

/** The content of a notice that a channel sends. */
export type Notice = {
  /** The same for each attempt. */
  id: string
  kind: NoticeKind
  /** The same for all notices of an incident. */
  dedup_key: string
  /** When it was decided. */
  at: string
  rule: {
    id: number
    name: string
    severity: string
    condition: string
    note: string | null
    group_by: AlertDefinition['group_by'] | null
  }
  groups: NoticeGroup[]
  title: string
  text: string
  /** The list over fixed bounds; null when nobody said where people reach the page. */
  link: string | null
  lines: NoticeLine[]
  /** The lines stored because the rule raised the level, when the incident is over. */
  raised?: RaisedNotice | undefined
  /** The figures of a daily digest. */
  digest?: Digest
}

const MARKS: Record<NoticeKind, string> = {
  firing: 'FIRING',
  resolved: 'RESOLVED',
  problem: 'NOT EVALUATED',
  recovered: 'EVALUATED AGAIN',
  digest: 'DIGEST',
  test: 'TEST',
}

export function titleOf(
  kind: NoticeKind,
  ruleName: string,
  groups: readonly Pick<NoticeGroup, 'label'>[],
): string {
  const [first] = groups
  const of =
    groups.length > 1 ? `: ${groups.length} groups` : first && first.label !== '' ? `: ${first.label}` : ''
  return `[${MARKS[kind]}] ${ruleName}${of}`
}

/** The whole of a notice as plain text, for mails and chats. */
export function plainText({ text, rule, lines, link, raised }: Notice): string {
  const textOf = ({ timestamp, level, source, camera_name, message }: NoticeLine) =>
    `${timestamp} ${level} ${inLine(camera_name ?? source)}: ${shortened(message)}`
  const shown = lines.map(textOf)
  const brought = raised
    ? [
        ...['', `Lines stored because the level was raised to ${raised.level}:`, ...raised.lines.map(textOf)],
        ...(raised.link === null ? [] : [raised.link]),
      ]
    : []
  return [
    text,
    ...(rule.note === null ? [] : ['', rule.note]),
    ...(shown.length > 0 ? ['', ...shown] : []),
    ...(link === null ? [] : ['', link]),
    ...brought,
  ].join('\n')
}

const LONGEST_LINE = 300

function shortened(message: string): string {
  return cut(inLine(message), LONGEST_LINE)
}

/** The beginning of a text. No sign is cut in half: services refuse such text. */
export function cut(text: string, characters: number): string {
  if (text.length <= characters) return text
  const kept = text.slice(0, characters - 1)
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`
}
