import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseLogQuery } from './language/parse.ts'
import { ALL_LABELS } from './pipeline/line-labels.ts'
import { RowPipeline } from './row-pipeline.ts'

const run = (stages: string, message: string, extra_data: Record<string, unknown> | null = null) => {
  const pipeline = new RowPipeline(parseLogQuery(`{source="api"} ${stages}`), ALL_LABELS)
  const row = { level: 'INFO' as const, source: 'api', camera_id: null, logger_name: null }
  const line = pipeline.run({ ...row, message, extra_data, timestamp: '2026-11-29T15:00:00.123456Z' })
  const { level: _, source: __, ...labels } = pipeline.labels.all()
  return line === undefined ? undefined : { line, ...labels }
}

it.each([
  // Parsers
  ['| json', '{"a":{"b":1.50,"c":[1]},"d":null,"e":true,"9x":"q"}', { a_b: '1.50', e: 'true', _9x: 'q' }],
  ['| json', '{"a":"\\u00e9\\n","level":"x"}', { a: 'é\n', level_extracted: 'x' }],
  ['| json', '{"a":1,"b":', { a: '1', __error__: 'JSONParserErr' }],
  ['| json x="a.b[1]", y="nope"', '{"a":{"b":[1,{"c":2}]}}', { x: '{"c":2}', y: '' }],
  ['| logfmt', 'a=1 b="two words" c= d =5 e="x\\"y"', { a: '1', b: 'two words', e: 'x"y' }],
  ['| logfmt --keep-empty', 'a= b', { a: '', b: '' }],
  ['| logfmt --strict', 'a=1 b="open', { a: '1', __error__: 'LogfmtParserErr' }],
  ['| regexp "(?P<n>\\\\d+) of (?P<of>\\\\d+)"', 'take 3 of 10', { n: '3', of: '10' }],
  ['| pattern "<_> <method> <_>/<rest>"', 'x GET a/b/c', { method: 'GET', rest: 'b/c' }],
  ['| unpack', '{"_entry":"inner","pod":"p"}', { line: 'inner', pod: 'p' }],
  ['| unpack', '{"pod":"p"}', {}],
  // Filters
  ['| logfmt | d > 1s', 'd=1500ms', { d: '1500ms' }],
  ['| logfmt | s >= 1kB and s < 1KiB', 's=1000B', { s: '1000B' }],
  ['| logfmt | n > 5', 'n=abc', { n: 'abc', __error__: 'LabelFilterErr' }],
  ['| logfmt | n > 5', 'm=6', undefined],
  ['| logfmt | n > 5s', 'n=5constructor', { n: '5constructor', __error__: 'LabelFilterErr' }],
  ['| logfmt | n > 5B', 'n=5valueof', { n: '5valueof', __error__: 'LabelFilterErr' }],
  [
    '| logfmt | constructor="" | label_format __proto__="{{.toString}}"',
    'a=1',
    { a: '1', ['__proto__']: '' },
  ],
  ['| logfmt | n != 5 | __error__=""', 'n=abc', undefined],
  ['| logfmt | a="1" or b="2", c="3"', 'b=2 c=4', undefined],
  ['| logfmt | ip=ip("192.168.4.0/24")', 'ip=192.168.4.7', { ip: '192.168.4.7' }],
  ['|= ip("10.0.0.1-10.0.0.9")', 'from 10.0.0.5:80', {}],
  ['|> "<_> took <_>ms"', 'GET took 5ms', {}],
  ['!> "<_> took <_>ms"', 'GET took 5ms', undefined],
  ['|= "a" or "b" != "c"', 'xb', {}],
  // Formats
  [
    '| logfmt | line_format "{{.a | ToUpper}}-{{ .b | default \\"none\\" }}"',
    'a=x',
    { line: 'X-none', a: 'x' },
  ],
  ['| logfmt | label_format c=a, d="{{.b}}!"', 'a=1 b=2', { c: '1', b: '2', d: '2!' }],
  [
    '| line_format "{{ if contains \\"err\\" __line__ }}bad{{ else }}good{{ end }}"',
    'an err',
    { line: 'bad' },
  ],
  [
    '| line_format "{{ __timestamp__ | date \\"2006-01-02T15:04:05.000\\" }}"',
    'x',
    { line: '2026-11-29T15:00:00.123' },
  ],
  [
    '| line_format "{{ range $i, $e := fromJson __line__ }}{{ if $i }},{{ end }}{{ $e }}{{ end }}"',
    '["a",2.5]',
    { line: 'a,2.5' },
  ],
  [
    '| line_format "{{ add 1 2 }} {{ divf 7 2 }} {{ printf \\"%05.1f|%-4s|%q\\" 3.14159 \\"ab\\" \\"c\\" }}"',
    'x',
    { line: '3 3.5 003.1|ab  |"c"' },
  ],
  ['| line_format `{{ regexReplaceAll "(\\\\d+)" __line__ "<$1>" }}`', 'a1b22', { line: 'a<1>b<22>' }],
  ['| line_format "{{ .a | trunc 2 }}{{ alignRight 4 .a }}" | drop a', 'abc', { line: '    ' }],
  ['| logfmt | drop a, b=~"2.*" | keep b, c', 'a=1 b=3 c=4 d=5', { b: '3', c: '4' }],
  ['| decolorize', '\u001b[31mred\u001b[0m', { line: 'red' }],
  ['| json | drop __error__, __error_details__', 'no json', {}],
] as const)('%s of %s', (stages, message, expected) => {
  const found = run(stages, message)
  if (found !== undefined) delete (found as Record<string, unknown>).__error_details__
  expect(found).toEqual(expected === undefined ? undefined : { line: message, ...expected })
})

it('has extra_data as structured metadata, objects joined by underscores', () => {
  const extra = { http: { status: 500, path: ['a'] }, 'trace.id': 'x', none: null }
  expect(run('| http_status >= 500 | trace_id="x"', 'line', extra)).toEqual({
    line: 'line',
    ...{ http_status: '500', http_path: '["a"]', trace_id: 'x' },
  })
})

it.each([
  '{{ repeat 1000000000 __line__ }}',
  '{{ range 100000 }}{{ range 100000 }}x{{ end }}{{ end }}',
  '{{ alignLeft 1000000000 __line__ }}',
  '{{ printf "%99999s" __line__ | repeat 100 }}',
  '{{ $x := repeat 250000 "a" }}{{ replace "a" $x $x }}',
  '{{ $x := repeat 250000 "\\n" }}{{ indent 250000 $x }}',
  '{{ $x := repeat 250000 "a" }}{{ regexReplaceAll "a" $x $x }}',
  '{{ $x := repeat 250000 "a" }}{{ print $x $x $x $x $x $x $x $x }}',
  '{{ $x := "%" }}{{ range 30 }}{{ $x = urlencode $x }}{{ $x = print $x $x }}{{ end }}{{ $x }}',
  '{{ range 20000 }}{{ regexReplaceAll "x" (repeat 100000 "y") "z" }}{{ end }}',
])('bounds what the template %s makes, and runs', (template) => {
  expect(run(`| line_format \`${template}\``, 'x')).toMatchObject({
    line: 'x',
    __error__: 'TemplateFormatErr',
  })
})

it('multiplies in 64 bits', () => {
  const template = '{{ $x := 3 }}{{ range 1000 }}{{ $x = mul $x $x }}{{ end }}{{ $x }}'
  expect(run(`| line_format \`${template}\``, 'x')?.line).toMatch(/^-?\d{1,19}$/)
})

it('takes time in proportion to hostile lines and queries', () => {
  const braces = '{"a":'.repeat(50_000)
  expect(run('| json', braces)).toMatchObject({ __error__: 'JSONParserErr' })
  expect(run('| json', `${braces}1${'}'.repeat(50_000)}`)).toBeDefined()
  expect(run('| logfmt | n > 5', `n=${'1'.repeat(200_000)}x`)).toMatchObject({ __error__: 'LabelFilterErr' })
  expect(run('| logfmt | n > 5s', `n=${'1s'.repeat(100_000)}`)).toMatchObject({ __error__: 'LabelFilterErr' })
  expect(run('| regexp "(?P<a>(x+x+)+y)"', 'x'.repeat(20_000))).toBeDefined()
  expect(() => run('| line_format "x"', 'x'.repeat(250_000))).not.toThrow()
  expect(() => run(`| line_format \`{{${'"'.repeat(10_001)}\``, 'x')).toThrow(/unterminated/)
  expect(() => run(`| a > ${'1.1'.repeat(40_000)}`, 'x')).toThrow(/parse error/)
  expect(() => run(`|~ "${'a'.repeat(50)}"`.repeat(70), 'x')).toThrow(/more than 64/)
})

it('takes any line with any stage', () => {
  const stage = fc.constantFrom(
    ...['| json', '| logfmt', '| unpack', '| pattern "<a> <b>"', '| json x="a.b[0]"', '| decolorize'],
    ...['| logfmt --strict', '| line_format "{{.a}}"', '| regexp "(?P<a>.)(?P<b>.*)"', '| logfmt a, b="c"'],
  )
  const line = fc.oneof(
    fc.json(),
    fc.string(),
    fc.json().map((text) => text.slice(0, -1)),
    fc.string().map((text) => `a=${text}`),
  )
  fc.assert(
    fc.property(fc.array(stage, { maxLength: 3 }), line, (stages, text) => {
      expect(run(stages.join(' '), text)).toBeDefined()
    }),
    { numRuns: 500 },
  )
})
