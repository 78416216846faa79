// Every parameter and field of the API description with values of the wrong kind, size and content: an error says what is
// wrong with the request, never that the server failed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

type Schema = {
  type?: string
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  enum?: unknown[]
  minimum?: number
  maximum?: number
  maxLength?: number
}
type Parameter = { name: string; in: 'query' | 'path' | 'header'; schema: Schema; required?: boolean }
type Operation = {
  parameters?: Parameter[]
  requestBody?: { content?: Record<string, { schema?: Schema }> }
}

/** Streams stay open, a sign-out ends, and a run of the jobs takes its time; other tests cover their parameters. */
const LEFT_OUT = /\/api\/events|\/stream$|\/tail$|\/api\/diagnostics|\/_bulk$/

const TEXTS = [
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '😀',
    '%',
    '_',
    "'",
    '"',
    '\\',
    '--',
    '../..',
    'null',
    'undefined',
    'NaN',
  ],
  ...[
    'Infinity',
    '-Infinity',
    '1e999',
    '-1',
    '0',
    '1.5',
    '9007199254740993',
    '99999999999999999999',
    '0x10',
    'true',
  ],
  ...['0001-01-01', '9999-12-31T23:59:59.999999Z', '10000-01-01', '-000001-01-01', '2026-02-30', 'BC', 'now'],
  ...[
    '{}',
    '[]',
    '__proto__',
    'constructor',
    '\u202e',
    '/(/',
    '((((',
    '"',
    'message:/\\0/',
    'id:1e400',
    'x'.repeat(5000),
  ],
]
const VALUES: unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, -1e308, 2 ** 53, 2147483648, -2147483649],
  ...[[], {}, [[]], [null], [{}], { a: { b: [] } }, ['\0'], { '\0': 1 }, { __proto__: null, constructor: 1 }],
]

let offset = 0
/** The first, which are the worst, and some of the others, others each time; all of them with ALL_VALUES=1. */
function some<T>(values: readonly T[]): readonly T[] {
  if (process.env.ALL_VALUES) return values
  offset++
  return [...values.slice(0, 2), values[offset % values.length] as T]
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.send('POST', '/api/logs', [
    { level: 'ERROR', message: 'a line', source: 'camera_1', camera_id: 1, extra_data: { request_id: 'r' } },
  ])
})
afterAll(() => server.close())

async function operations(): Promise<[method: string, path: string, operation: Operation][]> {
  const { body } = await server.get('/openapi.json')
  return Object.entries(body.paths as Record<string, Record<string, Operation>>)
    .filter(([path]) => !LEFT_OUT.test(path))
    .flatMap(([path, of]) =>
      Object.entries(of).map(([method, operation]) => [method, path, operation] as const),
    )
    .map(([method, path, operation]) => [method.toUpperCase(), path, operation])
}

const failures: string[] = []

async function ask(method: string, path: string, body?: string): Promise<void> {
  const response = await fetch(server.url + path, {
    method,
    headers: {
      authorization: `Bearer ${server.apiKey}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
  })
  await response.arrayBuffer()
  // 503 is what the database says of itself, and nothing is wrong with it here.
  if (response.status >= 500)
    failures.push(`${response.status} ${method} ${path.slice(0, 200)} ${body?.slice(0, 200) ?? ''}`)
}

/** A path whose parameters have values that will do. */
function usual(path: string, parameters: readonly Parameter[]): string {
  return path.replace(/\{(\w+)\}|\*/g, (_, name: string) => {
    const schema = parameters.find((one) => one.in === 'path' && one.name === name)?.schema
    return schema?.type === 'integer' ? '1' : 'x'
  })
}

const encoded = (text: string) => encodeURIComponent(text.toWellFormed())

describe('a parameter of the wrong kind', () => {
  it('is an error of the request, whichever it is', async () => {
    const asking: (() => Promise<void>)[] = []
    for (const [method, path, { parameters = [] }] of await operations()) {
      const base = usual(path, parameters)
      for (const { name, in: where } of parameters) {
        for (const text of some(TEXTS)) {
          if (where === 'query')
            asking.push(() => ask(method, `${base}?${encoded(name)}=${encoded(text)}`, bodyFor(method)))
          const isPart = where === 'path' && text.length < 200 && text !== '' && !text.includes('..')
          if (isPart)
            asking.push(() =>
              ask(method, usual(path.replace(`{${name}}`, encoded(text)), parameters), bodyFor(method)),
            )
        }
        // Bytes that are no UTF-8, twice, and as a field of an object.
        if (where === 'query') {
          for (const odd of [`${name}=%ff%00`, `${name}=1&${name}=2`, `${name}[]=1`, `${name}[a]=1`, name]) {
            asking.push(() => ask(method, `${base}?${odd}`, bodyFor(method)))
          }
        }
      }
    }
    await inTurns(asking)
    expect(asking.length).toBeGreaterThan(1000)
    expect(failures).toEqual([])
  })

  it('is one in a body, too', async () => {
    const asking: (() => Promise<void>)[] = []
    for (const [method, path, { parameters = [], requestBody }] of await operations()) {
      const schema = Object.values(requestBody?.content ?? {})[0]?.schema
      if (!schema) continue
      const base = usual(path, parameters)
      for (const body of [...some(VALUES), ...bodiesOf(schema)]) {
        asking.push(() => ask(method, base, JSON.stringify(body)))
      }
      for (const text of ['', '{', '{"a":1e999}', '\0', '{"__proto__":1}'])
        asking.push(() => ask(method, base, text))
    }
    await inTurns(asking)
    expect(asking.length).toBeGreaterThan(300)
    expect(failures).toEqual([])
  })
})

function bodyFor(method: string): string | undefined {
  return method === 'GET' || method === 'DELETE' ? undefined : '{}'
}

/** Bodies whose fields will do but for one. */
function bodiesOf(schema: Schema): unknown[] {
  const fields = Object.entries(schema.properties ?? {})
  const good = Object.fromEntries(fields.map(([name, of]) => [name, goodValue(of)]))
  return fields.flatMap(([name]) =>
    [...some(VALUES), ...some(TEXTS)].map((value) => ({ ...good, [name]: value })),
  )
}

function goodValue(schema: Schema): unknown {
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf) return goodValue(schema.anyOf[0] ?? {})
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return true
  if (schema.type === 'array') return []
  if (schema.type === 'object') return {}
  return 'a1'
}

/** Eight at a time. */
async function inTurns(asking: readonly (() => Promise<void>)[]): Promise<void> {
  let next = 0
  const work = async () => {
    for (let one = asking[next++]; one; one = asking[next++]) await one()
  }
  await Promise.all(Array.from({ length: 8 }, work))
}
