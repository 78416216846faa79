import type { LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ParseAction, type ParseRule, ParseRuleError, type ParseStep } from './parse-rule.ts'
import { compileRule, type RuleOutcome, RuleSet } from './rule-set.ts'

const RECORD: LogRecord = {
  ...{ timestamp: '2026-11-29T13:00:00Z', level: 'INFO', source: 'web', logger_name: null },
  ...{ camera_id: null, message: '', extra_data: null },
}

function parse(rule: Omit<ParseRule, 'name' | 'sources'> & Partial<ParseRule>, record: Partial<LogRecord>) {
  const told: (string | undefined)[] = []
  const set = new RuleSet([compileRule({ name: 'rule', sources: ['*'], ...rule })])
  const after = set.parse({ ...RECORD, ...record }, (_, outcome, reason) => told.push(outcome, reason))
  const [outcome, reason] = told as [RuleOutcome, string | undefined]
  return { after, outcome, reason }
}

const fieldsOf = (parse_: ParseStep, message: string) =>
  parse({ parse: parse_ }, { message }).after?.extra_data

describe('what a rule reads', () => {
  it.each<[string, ParseStep, string, object | null]>([
    ['an object', { as: 'json' }, '{"a":1,"b":{"c":"x"}}', { a: 1, b: { c: 'x' } }],
    ['an object behind words', { as: 'json' }, 'request done {"ms": 12.5}', { ms: 12.5 }],
    ['no object where the text is a list', { as: 'json' }, '[1, 2]', null],
    ['nothing where the object is cut', { as: 'json' }, '{"a": 1', null],
    [
      'an object with a key that is no name',
      { as: 'json' },
      '{"__proto__":1,"":2}',
      JSON.parse('{"__proto__":1,"":2}'),
    ],
    ['an object with a prefix', { as: 'json', prefix: 'app.' }, '{"a":1}', { 'app.a': 1 }],
    ['an object in a field', { as: 'json', field: 'log' }, '', null],
    [
      'logfmt',
      { as: 'logfmt' },
      'level=warn msg="it \\"works\\" now" took=12ms n=3 retry',
      { level: 'warn', msg: 'it "works" now', took: '12ms', n: 3, retry: true },
    ],
    ['pairs between words', { as: 'logfmt' }, 'GET /x done status=200 ms=0.25', { status: 200, ms: 0.25 }],
    ['an empty value', { as: 'logfmt' }, 'a= b=1', { a: '', b: 1 }],
    ['no logfmt in prose', { as: 'logfmt' }, 'nothing here is a pair', null],
    ['a quote that is never closed', { as: 'logfmt' }, 'a="b c=1', { a: '"b', c: 1 }],
    [
      'pairs with separators',
      { as: 'key_value', pair_separator: ';', value_separator: ':' },
      'user: anna; took: 12; note: a b',
      { user: 'anna', took: 12, note: 'a b' },
    ],
    ['pairs with quotes', { as: 'key_value', pair_separator: ', ' }, 'a="x, y", b=2', { a: 'x, y', b: 2 }],
    [
      'named groups',
      { as: 'regex', pattern: 'user=(?<user>\\w+) took (?<ms>\\d+)(?: by (?<by>\\w+))?' },
      'x user=anna took 12',
      { user: 'anna', ms: 12 },
    ],
    ['nothing where it does not match', { as: 'regex', pattern: 'user=(?<user>\\w+)' }, 'user:anna', null],
    [
      'a number only when it is written as one',
      { as: 'regex', pattern: '(?<a>\\S+) (?<b>\\S+) (?<c>\\S+)' },
      '007 1.50 -3',
      { a: '007', b: '1.50', c: -3 },
    ],
    [
      'grok names',
      {
        as: 'grok',
        pattern: '%{IP:client} %{WORD:method} %{URIPATHPARAM:path} %{NUMBER:ms:float} (?<rest>.*)',
      },
      '10.0.0.1 GET /a/b?c=1 0.5 and more',
      { client: '10.0.0.1', method: 'GET', path: '/a/b?c=1', ms: 0.5, rest: 'and more' },
    ],
    [
      'grok fields with paths and types',
      { as: 'grok', pattern: '%{INT:[http][status]:string} %{INT:bytes:int}' },
      '200 12',
      { 'http.status': '200', bytes: 12 },
    ],
    [
      'an access log',
      { as: 'grok', pattern: '%{COMBINEDAPACHELOG}' },
      '192.0.2.7 - frank [29/Nov/2026:13:55:36 +0000] "GET /a.gif HTTP/1.1" 200 2326 "http://example.com/" "Mozilla/5.0 (X11)"',
      {
        clientip: '192.0.2.7',
        ident: '-',
        auth: 'frank',
        timestamp: '29/Nov/2026:13:55:36 +0000',
        verb: 'GET',
        request: '/a.gif',
        httpversion: 1.1,
        response: 200,
        bytes: 2326,
        referrer: '"http://example.com/"',
        agent: '"Mozilla/5.0 (X11)"',
      },
    ],
    ['IPv6', { as: 'grok', pattern: 'from %{IP:ip}' }, 'from 2001:db8::1', { ip: '2001:db8::1' }],
  ])('%s', (_, step, message, expected) => {
    expect(fieldsOf(step, message)).toEqual(expected)
  })

  it('of another field than the message, and keeps what was there', () => {
    const { after } = parse(
      { parse: { as: 'json', field: 'log.body' } },
      { message: 'x', extra_data: { log: { body: '{"a":1,"b":2}' }, a: 1, b: 'kept' } },
    )
    expect(after?.extra_data).toEqual({ log: { body: '{"a":1,"b":2}' }, a: 1, b: 'kept', _b: 2 })
  })

  it('the same from a line that it was read from before', () => {
    const rule = { parse: { as: 'logfmt' as const } }
    const once = parse(rule, { message: 'a=1 b="x y"' }).after as LogRecord
    expect(parse(rule, once)).toMatchObject({ after: once, outcome: 'passed' })
  })
})

describe('what a rule makes of a line', () => {
  const json = { as: 'json' as const }
  it.each<[string, ParseAction[], Partial<LogRecord>, Partial<LogRecord> | undefined]>([
    ['renames', [{ do: 'rename', field: 'a', to: 'b' }], { extra_data: { a: 1 } }, { extra_data: { b: 1 } }],
    [
      'makes a field the message',
      [{ do: 'rename', field: 'msg', to: 'message' }],
      { extra_data: { msg: 'hello' } },
      { message: 'hello', extra_data: null },
    ],
    [
      'makes a field the logger',
      [{ do: 'rename', field: 'l.name', to: 'logger_name' }],
      { extra_data: { l: { name: 'db', n: 1 } } },
      { logger_name: 'db', extra_data: { l: { n: 1 } } },
    ],
    [
      'removes',
      [{ do: 'remove', field: 'a.b' }],
      { extra_data: { a: { b: 1, c: 2 } } },
      { extra_data: { a: { c: 2 } } },
    ],
    [
      'leaves what is not there',
      [
        { do: 'remove', field: 'x' },
        { do: 'level', field: 'x' },
        { do: 'time', field: 'x' },
      ],
      {},
      {},
    ],
    [
      'sets the level from a word',
      [{ do: 'level', field: 'lvl' }],
      { extra_data: { lvl: 'Warn' } },
      { level: 'WARNING' },
    ],
    [
      'sets the level by a table',
      [{ do: 'level', field: 'code', values: { 3: 'ERROR' } }],
      { extra_data: { code: 3 } },
      { level: 'ERROR' },
    ],
    ['sets a level', [{ do: 'level', value: 'debug' }], {}, { level: 'DEBUG' }],
    [
      'sets the time',
      [{ do: 'time', field: 't' }],
      { extra_data: { t: '2026-11-29 12:00:01.5' } },
      { timestamp: '2026-11-29T12:00:01.5Z' },
    ],
    [
      'sets the time in a zone',
      [{ do: 'time', field: 't', format: 'DD.MM.YYYY hh:mm:ss', zone: 'Europe/Berlin' }],
      { extra_data: { t: '29.11.2026 13:00:00' } },
      { timestamp: '2026-11-29T12:00:00Z' },
    ],
    [
      'sets the time without a year',
      [{ do: 'time', field: 't' }],
      { extra_data: { t: 'Nov 28 22:23:27' } },
      { timestamp: '2026-11-28T22:23:27Z' },
    ],
    [
      'sets the time from milliseconds',
      [{ do: 'time', field: 't', format: 'epoch ms' }],
      { extra_data: { t: 1_795_953_600_000 } },
      { timestamp: '2026-11-29T12:00:00Z' },
    ],
    [
      'sets the camera',
      [{ do: 'camera', field: 'cam' }],
      { extra_data: { cam: 'camera_12' } },
      { camera_id: 12 },
    ],
    [
      'sets the camera by a table',
      [{ do: 'camera', field: 'cam', values: { Door: '4' } }],
      { extra_data: { cam: 'door' } },
      { camera_id: 4 },
    ],
    [
      'masks a field and its place in the message',
      [{ do: 'mask', field: 'pin' }],
      { message: 'pin 4711 of 47110', extra_data: { pin: 4711 } },
      { message: 'pin *** of 47110', extra_data: { pin: '***' } },
    ],
    [
      'masks a part',
      [{ do: 'mask', field: 'message', pattern: 'LIC-\\d+' }],
      { message: 'a LIC-1 and LIC-22' },
      { message: 'a *** and ***' },
    ],
    [
      'drops',
      [{ do: 'drop', when: { field: 'path', equals: ['/healthz', '/ready'] } }],
      { extra_data: { path: '/ready' } },
      undefined,
    ],
    [
      'drops what matches',
      [{ do: 'drop', when: { field: 'message', matches: '^GET /health' } }],
      { message: 'GET /healthz 200' },
      undefined,
    ],
    [
      'does not drop others',
      [{ do: 'drop', when: { field: 'message', matches: '^GET /health' } }],
      { message: 'GET /x' },
      {},
    ],
    [
      'drops all but some',
      [{ do: 'drop', when: { field: 'level', equals: ['ERROR'], not: true } }],
      {},
      undefined,
    ],
  ])('%s', (_, actions, record, expected) => {
    const { after } = parse({ actions }, record)
    expect(after).toEqual(expected && { ...RECORD, ...record, ...expected })
  })

  it('escaped values are masked in the message as well', () => {
    const { after } = parse(
      { parse: json, actions: [{ do: 'mask', field: 'note' }] },
      { message: '{"note":"say \\"friend\\"","n":1}' },
    )
    expect(after?.message).toBe('{"note":"***","n":1}')
  })

  it('only for its sources and lines', () => {
    const actions = [{ do: 'drop' as const }]
    const outcome = (more: Partial<ParseRule>, record: Partial<LogRecord>) =>
      parse({ actions, ...more }, record).outcome
    expect(outcome({ sources: ['nginx*', 'api'] }, { source: 'nginx-1' })).toBe('dropped')
    expect(outcome({ sources: ['nginx*', 'api'] }, { source: 'api2' })).toBeUndefined()
    expect(outcome({ sources: ['a*a'] }, { source: 'a' })).toBeUndefined()
    expect(outcome({ contains: 'GET' }, { message: 'POST /' })).toBe('passed')
  })
})

describe('a rule that fails', () => {
  it.each<[string, ParseAction[], LogRecord['extra_data'], string]>([
    [
      'no level',
      [
        { do: 'remove', field: 'x' },
        { do: 'level', field: 'lvl' },
      ],
      { x: 1, lvl: 'purple' },
      'lvl has no valid level',
    ],
    ['no time', [{ do: 'time', field: 't' }], { t: 'yesterday' }, 't does not match this time format'],
    [
      'more behind the time',
      [{ do: 'time', field: 't', format: 'DD.MM.YYYY' }],
      { t: '29.11.2026 x' },
      't does not match this time format',
    ],
    ['no camera', [{ do: 'camera', field: 'c' }], { c: 'front' }, 'c has no valid camera'],
    [
      'a number that the table has not',
      [{ do: 'level', field: 's', values: { 500: 'ERROR' } }],
      { s: 418 },
      's has no valid level',
    ],
  ])('keeps the line as it came: %s', (_, actions, extra_data, reason) => {
    const record = { ...RECORD, extra_data }
    expect(parse({ actions }, record)).toEqual({ after: record, outcome: 'failed', reason })
  })

  it('keeps lines whose fields would be too large or too deep', () => {
    const deep = `{"a":${'['.repeat(20)}${']'.repeat(20)}}`
    const large = JSON.stringify({ a: 'x'.repeat(70_000) })
    for (const message of [deep, large]) {
      const { after, outcome } = parse({ parse: { as: 'json' } }, { message })
      expect([after?.extra_data, after?.message, outcome]).toEqual([null, message, 'failed'])
    }
  })

  it('stops at a count of steps, and lets the rules behind it work', () => {
    const slow = compileRule({
      name: 'slow',
      sources: ['*'],
      parse: { as: 'regex', pattern: '(?<a>(?:x|y|z){1,400})!' },
    })
    const quick = compileRule({ name: 'quick', sources: ['*'], actions: [{ do: 'level', value: 'ERROR' }] })
    const told: unknown[] = []
    const message = 'x'.repeat(250_000)
    const after = new RuleSet([slow, quick]).parse({ ...RECORD, message }, ({ name }, ...rest) =>
      told.push([name, ...rest]),
    )
    expect(after).toEqual({ ...RECORD, message, level: 'ERROR' })
    expect(told).toEqual([
      ['slow', 'failed', 'the line is too long for the patterns of its rules'],
      ['quick', 'applied'],
    ])
  })
})

it.each<[Partial<ParseRule>, string, RegExp]>([
  [{}, 'parse', /a rule must do something/],
  [{ parse: { as: 'regex' } }, 'parse.pattern', /is required for regex/],
  [{ parse: { as: 'json', pattern: 'x' } }, 'parse.pattern', /is not for json/],
  [{ parse: { as: 'regex', pattern: '(' } }, 'parse.pattern', /is not a regular expression: missing/],
  [{ parse: { as: 'regex', pattern: 'a+' } }, 'parse.pattern', /names no field/],
  [{ parse: { as: 'regex', pattern: '(?<a>x)(?=y)' } }, 'parse.pattern', /is not a regular expression/],
  [
    { parse: { as: 'regex', pattern: '(?<a>(?:[a-z]{1,500}[0-9]{1,500}){5})' } },
    'parse.pattern',
    /too large|regular/,
  ],
  [
    { parse: { as: 'grok', pattern: '%{IPP:a}' } },
    'parse.pattern',
    /%\{IPP\}, which is not a known pattern; similar ones are IPV4/,
  ],
  [{ parse: { as: 'logfmt', pair_separator: ';' } }, 'parse', /separators only for key_value/],
  [{ actions: [{ do: 'rename', field: 'a' }] }, 'actions[0].to', /is required/],
  [{ actions: [{ do: 'rename', field: 'a', to: 'level' }] }, 'actions[0].to', /cannot be the column level/],
  [{ actions: [{ do: 'remove', field: 'message' }] }, 'actions[0].field', /cannot be the column message/],
  [{ actions: [{ do: 'level', value: 'loud' }] }, 'actions[0].value', /is not a level/],
  [{ actions: [{ do: 'time', field: 't', format: 'nonsense' }] }, 'actions[0].format', /not a time format/],
  [{ actions: [{ do: 'time', field: 't', zone: 'Mars' }] }, 'actions[0].zone', /not an IANA time zone/],
  [{ actions: [{ do: 'mask', field: 'message' }] }, 'actions[0].pattern', /is required/],
  [{ actions: [{ do: 'drop', field: 'a' }] }, 'actions[0].field', /is not for drop/],
  [{ actions: [{ do: 'drop', when: { field: 'a' } }] }, 'actions[0].when', /needs one of equals and matches/],
])('is not taken: %j', (rule, path, message) => {
  let thrown: unknown
  try {
    compileRule({ name: 'rule', sources: ['*'], ...rule })
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(ParseRuleError)
  expect(thrown).toMatchObject({ path, message: expect.stringMatching(message) })
})

it('neither throws nor loses a line, whatever the line is', () => {
  const set = new RuleSet(
    [
      {
        parse: { as: 'json' as const },
        actions: [
          { do: 'rename' as const, field: 'a', to: 'b' },
          { do: 'mask' as const, field: 'b' },
        ],
      },
      { parse: { as: 'logfmt' as const } },
      { parse: { as: 'key_value' as const, pair_separator: ';', value_separator: ':' } },
      { parse: { as: 'grok' as const, pattern: '%{QS:q}|%{IP:ip}' } },
      {
        actions: [
          { do: 'time' as const, field: 'a' },
          { do: 'level' as const, field: 'b' },
        ],
      },
    ].map((rule, index) => compileRule({ name: String(index), sources: ['*'], ...rule })),
  )
  const piece = fc.oneof(
    fc.constantFrom(
      'a=',
      '"',
      "'",
      '\\',
      ';',
      ':',
      '{"a":',
      '}',
      ' ',
      '\n',
      'http://',
      '1.2.3.4',
      '\0',
      '\ud800',
    ),
    fc.string({ unit: 'binary' }),
    fc.json(),
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }),
      fc.option(fc.dictionary(fc.string(), fc.jsonValue())),
      (pieces, extra) => {
        const record = { ...RECORD, message: pieces.join(''), extra_data: extra as LogRecord['extra_data'] }
        const before = JSON.stringify(record)
        const after = set.parse(record, () => undefined)
        expect(after).toBeDefined()
        expect(JSON.stringify(record)).toBe(before)
      },
    ),
    { numRuns: 100 },
  )
})
