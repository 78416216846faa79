// The formats of other services. Each keeps to the service's limits: longer text is cut, never refused.
import { DAY, fromMillis, toMillis } from '../../../store/database/timestamp.ts'
import { cut, type Notice, type NoticeGroup, type NoticeKind, plainText } from './notice.ts'
import { fillTemplate } from './template.ts'

export const FORMATS = [
  'json',
  'slack',
  'discord',
  'ntfy',
  'telegram',
  'gotify',
  'alertmanager',
  'template',
] as const
export type Format = (typeof FORMATS)[number]

/** A body, and the headers that go with it. */
type Formatted = { body: string; headers?: Record<string, string>; notes?: string[] }
type To = { chat_id?: string | undefined; template?: string | undefined; content_type?: string | undefined }

const json = (body: object): Formatted => ({ body: JSON.stringify(body) })

const RENDERERS: Record<Format, (notice: Notice, to: To) => Formatted> = {
  json: (notice) => json({ version: 1, ...notice }),

  /** Slack's incoming webhooks; Mattermost and Rocket.Chat take the same. */
  slack: (notice) => {
    const text = cut(plainText(notice), 3500).replaceAll(/[&<>]/g, (sign) => SLACK_SIGNS[sign] ?? sign)
    return json({ text: `*${slackText(cut(notice.title, 250))}*\n${text}` })
  },

  discord: (notice) =>
    json({
      // Nobody's name in a log line calls people.
      allowed_mentions: { parse: [] },
      embeds: [
        {
          title: cut(notice.title, 250),
          description: cut(plainText(notice), 4000),
          color: COLOURS[colourOf(notice)],
          ...(notice.link !== null && { url: notice.link }),
        },
      ],
    }),

  /** The topic is the last part of the address; the notice is the body, the rest goes as headers. */
  ntfy: (notice) => ({
    body: cutBytes(plainText(notice), NTFY_BYTES),
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      title: headerText(notice.title),
      priority: notice.kind === 'firing' && notice.rule.severity === 'critical' ? '5' : '3',
      tags: TAGS[notice.kind] ?? 'warning',
      ...(notice.link !== null && { click: notice.link }),
    },
  }),

  telegram: (notice, { chat_id }) =>
    json({
      chat_id,
      text: cut(`${notice.title}\n${plainText(notice)}`, 4000),
      link_preview_options: { is_disabled: true },
    }),

  gotify: (notice) =>
    json({
      title: cut(notice.title, 250),
      message: cut(plainText(notice), 8000),
      priority: PRIORITIES[colourOf(notice)],
    }),

  /** `POST /api/v2/alerts` of Alertmanager, which knows an alert by its labels. */
  alertmanager: (notice) => {
    const groups = notice.groups.length > 0 ? notice.groups : [undefined]
    const isOfRule = notice.kind === 'problem' || notice.kind === 'recovered'
    // There may be thousands of groups: a long text is not repeated for each, and the link leads to the lines of one.
    const isAlone = groups.length === 1
    const description = cut(plainText(notice), isAlone ? 8000 : 500)
    const alerts = groups.map((group) => ({
      labels: {
        alertname: isOfRule ? `${notice.rule.name}: not evaluated` : notice.rule.name,
        rule_id: String(notice.rule.id),
        severity: notice.rule.severity,
        ...(group && notice.rule.group_by && { [labelName(notice.rule.group_by)]: group.label }),
      },
      annotations: { summary: notice.title, description },
      ...alertTimes(notice, group),
      ...(isAlone && notice.link !== null && { generatorURL: notice.link }),
    }))
    return { body: JSON.stringify(alerts) }
  },

  template: byTemplate,
}

const JSON_TYPE = 'application/json'

/** A notice by the template of the channel; one that cannot be used never keeps a notice back, which goes as JSON then. */
function byTemplate(notice: Notice, { template = '', content_type = JSON_TYPE }: To): Formatted {
  const isJson = /^[^;]*\bjson\b/i.test(content_type)
  const { body, notes } = fillTemplate(template, { ...notice, plain_text: plainText(notice) }, isJson)
  if (body === undefined) return { ...json({ version: 1, ...notice }), notes }
  return { body, headers: { 'content-type': content_type }, notes }
}

/** Notices that nothing is wrong. */
const GOOD: readonly NoticeKind[] = ['resolved', 'recovered', 'digest', 'test']

/** Tags of ntfy, which shows them as signs. */
const TAGS: Partial<Record<NoticeKind, string>> = { resolved: 'white_check_mark', digest: 'bar_chart' }

/** How long Alertmanager waits for the end of an alert, which it would resolve after five minutes otherwise. */
const LASTS = 14 * DAY

/** When an alert began and when it ends. It has to begin before it ends, also when the clock of its lines is ahead. */
function alertTimes({ kind, at }: Notice, group: NoticeGroup | undefined) {
  const decided = toMillis(group?.at ?? at)
  const isOver = GOOD.includes(kind)
  const starts = Math.min(toMillis(group?.first_at ?? group?.at ?? at), decided - (isOver ? 1 : 0))
  return { startsAt: fromMillis(starts), endsAt: fromMillis(isOver ? decided : decided + LASTS) }
}

/** A name of a field as Prometheus writes labels. */
function labelName(name: string): string {
  return name.replaceAll(/\W/g, '_')
}

/** A notice as a service takes it. */
export function render(notice: Notice, format: Format, to: To = {}): Required<Formatted> {
  const { body, headers, notes = [] } = RENDERERS[format](notice, to)
  return { body, headers: { 'content-type': JSON_TYPE, ...headers }, notes }
}

const SLACK_SIGNS: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

function slackText(text: string): string {
  return text.replaceAll(/[&<>]/g, (sign) => SLACK_SIGNS[sign] ?? sign).replaceAll('*', '∗')
}

type Colour = 'good' | 'warning' | 'bad'
const COLOURS: Record<Colour, number> = { good: 0x2e7d32, warning: 0xb26a00, bad: 0xc62828 }
const PRIORITIES: Record<Colour, number> = { good: 3, warning: 5, bad: 8 }

function colourOf({ kind, rule }: Notice): Colour {
  if (GOOD.includes(kind)) return 'good'
  return rule.severity === 'critical' ? 'bad' : 'warning'
}

/** A message of ntfy has 4,096 bytes at most; longer ones become files. */
const NTFY_BYTES = 4000

function cutBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes - 3))
  return `${text.slice(0, read)}…`
}

/** ntfy takes headers in the encoding of mails. */
function headerText(text: string): string {
  const line = cut(text.replaceAll(/[\r\n]+/g, ' '), 200)
  return /^[\x20-\x7e]*$/.test(line) ? line : `=?UTF-8?B?${Buffer.from(line).toString('base64')}?=`
}
