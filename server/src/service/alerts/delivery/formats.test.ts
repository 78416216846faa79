// The requests that the services publish that they take, and their limits.
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { FORMATS, type Format, render } from './formats.ts'
import type { Notice, NoticeKind } from './notice.ts'
import { labelOf } from './notice-writer.ts'

const Instant = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' })
const Uri = Type.String({ pattern: '^https?://' })
const closed = { additionalProperties: false }
const Labels = Type.Record(
  Type.String({ pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' }),
  Type.String({ minLength: 1 }),
)

const SCHEMAS = {
  slack: Type.Object({ text: Type.String({ minLength: 1, maxLength: 40_000 }) }, closed),
  discord: Type.Object(
    {
      allowed_mentions: Type.Object({ parse: Type.Array(Type.String()) }, closed),
      embeds: Type.Array(
        Type.Object(
          {
            title: Type.String({ minLength: 1, maxLength: 256 }),
            description: Type.String({ maxLength: 4096 }),
            color: Type.Integer({ minimum: 0, maximum: 0xff_ff_ff }),
            url: Type.Optional(Uri),
          },
          closed,
        ),
        { minItems: 1, maxItems: 10 },
      ),
    },
    closed,
  ),
  telegram: Type.Object(
    {
      chat_id: Type.String({ minLength: 1 }),
      text: Type.String({ minLength: 1, maxLength: 4096 }),
      link_preview_options: Type.Object({ is_disabled: Type.Boolean() }, closed),
    },
    closed,
  ),
  gotify: Type.Object(
    {
      title: Type.String({ minLength: 1 }),
      message: Type.String({ minLength: 1 }),
      priority: Type.Integer({ minimum: 0, maximum: 10 }),
    },
    closed,
  ),
  /** `postableAlerts` of its OpenAPI document, version 2. */
  alertmanager: Type.Array(
    Type.Object(
      {
        labels: Labels,
        annotations: Type.Record(Type.String(), Type.String()),
        startsAt: Instant,
        endsAt: Instant,
        generatorURL: Type.Optional(Uri),
      },
      closed,
    ),
    { minItems: 1 },
  ),
} as const

const at = '2026-01-31T14:05:00Z'
// Signs of two and four bytes, half of one at each place where a text may be cut.
const long = (sign: string) => `${sign.repeat(9000)}`

function noticeOf(kind: NoticeKind, text: string): Notice {
  const group = {
    key: '1',
    label: [...text].slice(0, 100).join('') || 'Front',
    value: 3,
    threshold: 2,
    late_ms: 0,
  }
  const isOfRule = kind === 'problem' || kind === 'recovered' || kind === 'test'
  return {
    ...{ id: 'alert-1', kind, dedup_key: 'incident-1', at },
    rule: {
      ...{ id: 1, name: `Errors & <more> ${text}`, severity: 'critical', condition: 'any line' },
      ...{ note: text, group_by: 'camera' },
    },
    // Lines of a clock that is hours ahead.
    groups: isOfRule ? [] : [{ ...group, at, first_at: '2026-01-31T19:00:00Z', last_at: at }],
    ...{ title: `[FIRING] ${text}\n${text}`, text, link: 'https://logs.example.org/logs?q=1' },
    lines: [{ timestamp: at, level: 'ERROR', source: 'api', camera_name: null, message: text }],
  }
}

const KINDS: readonly NoticeKind[] = ['firing', 'resolved', 'problem', 'recovered', 'test']
const TEXTS = {
  short: 'broken',
  empty: '',
  wide: long('ж'),
  'four-byte': `x${long('😀')}`,
  escaped: long('&<'),
}
const each = KINDS.flatMap((kind) =>
  Object.entries(TEXTS).map(([name, text]) => [kind, name, noticeOf(kind, text)] as const),
)

it('tells names and messages of others in one line each', () => {
  const forged = '\n2026-01-31 CRITICAL api: all is lost\u202e'
  const lines = [
    { timestamp: at, level: 'ERROR', source: 'api', camera_name: `Gate${forged}`, message: forged },
  ]
  const notice = { ...noticeOf('firing', 'text'), lines }
  const { text } = JSON.parse(render(notice, 'telegram', { chat_id: '7' }).body)
  expect(text).not.toMatch(/^2026-01-31 CRITICAL|\u202e/m)
  const names = new Map([[7, `Gate${forged}`]])
  expect([labelOf('7', names), labelOf(forged, undefined)]).toEqual([
    'Gate 2026-01-31 CRITICAL api: all is lost ',
    ' 2026-01-31 CRITICAL api: all is lost ',
  ])
})

it('repeats no long text for each of many groups of alertmanager', () => {
  const notice = noticeOf('firing', TEXTS.wide)
  const groups = Array.from({ length: 1000 }, (_, index) => ({
    ...{ key: String(index), label: `Camera ${index}`, value: 3, threshold: 2, late_ms: 0 },
    ...{ at, first_at: at, last_at: at },
  }))
  const name = 'Errors'
  const link = `https://logs.example.org/logs?q=${'x'.repeat(4000)}&source=of+the+first`
  const digest = { ...notice, groups, link, title: name, rule: { ...notice.rule, name } }
  const { body } = render(digest, 'alertmanager')
  expect(JSON.parse(body)).toHaveLength(1000)
  expect(Buffer.byteLength(body)).toBeLessThan(2_000_000)
})

describe.each(each)('a notice that is %s, with a text that is %s', (_, __, notice) => {
  it.each(Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[])('is as %s takes it', (format) => {
    const { body } = render(notice, format, { chat_id: '7', template: '{"text":"{{plain_text}}"}' })
    expect([...Value.Errors(SCHEMAS[format], JSON.parse(body))]).toEqual([])
  })

  it('is a message, and no file, for ntfy', () => {
    const { body, headers = {} } = render(notice, 'ntfy')
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4096)
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]+$/)
    expect((headers as { priority?: string }).priority).toMatch(/^[1-5]$/)
  })

  it.each(FORMATS)('has no half of a sign in %s', (format: Format) => {
    const { body } = render(notice, format, { chat_id: '7', template: '{"text":"{{plain_text}}"}' })
    expect(/\\ud[89a-f]/i.test(body)).toBe(false)
    expect(body.isWellFormed()).toBe(true)
  })

  it('begins before it ends, and lasts until its end is told, for Alertmanager', () => {
    const [alert] = JSON.parse(render(notice, 'alertmanager').body) as { startsAt: string; endsAt: string }[]
    expect(Date.parse(alert?.startsAt ?? '')).toBeLessThan(Date.parse(alert?.endsAt ?? ''))
    // Without an end an alert is over after five minutes.
    const lasts = notice.kind === 'firing' || notice.kind === 'problem'
    expect(Date.parse(alert?.endsAt ?? '') > Date.parse(at)).toBe(lasts)
  })
})

it('tells the troubles of a rule and its lines apart, for Alertmanager', () => {
  const labels = (kind: NoticeKind) => JSON.parse(render(noticeOf(kind, 'x'), 'alertmanager').body)[0].labels
  expect(labels('recovered')).toEqual(labels('problem'))
  expect(labels('resolved')).toEqual(labels('firing'))
  expect(labels('problem').alertname).not.toBe(labels('firing').alertname)
})

describe('a template', () => {
  const by = (template: string, content_type?: string) =>
    render(noticeOf('firing', 'broken "lens"'), 'template', { template, content_type })

  it.each([
    ['{"a":"{{text}}","n":{{rule.id}}}', { a: 'broken "lens"', n: 1 }, []],
    ['{"of":{{groups}}, "first":"{{ groups.0.key }}"}', { of: [expect.anything()], first: '1' }, []],
    ['{"a":"{{rule.nme}}{{constructor}}{{}}"}', { a: '' }, ['rule.nme', 'constructor', '""']],
    ['{"a":"{{lines.0.camera_name}}"}', { a: '' }, []],
    ['{"a": {{text}}}', { version: 1, kind: 'firing' }, ['not JSON']],
  ])('%s fills in what a notice has, and never keeps it back', (template, body, noted) => {
    const filled = by(template)
    expect(JSON.parse(filled.body)).toMatchObject(body)
    expect(filled.notes).toEqual(noted.map((part) => expect.stringContaining(part)))
  })

  it('ends at a bound', () => {
    const template = '{{text}}'.repeat(1000)
    const { body, notes } = render(noticeOf('firing', TEXTS.wide), 'template', { template })
    expect(JSON.parse(body)).toMatchObject({ version: 1 })
    expect(notes).toEqual([expect.stringContaining('over 500000')])
  })

  it('is text of the type that it names', () => {
    const { body, headers } = by('{{text}}, {{rule.severity}}', 'text/plain; charset=utf-8')
    expect([body, headers['content-type']]).toEqual(['broken "lens", critical', 'text/plain; charset=utf-8'])
  })
})
