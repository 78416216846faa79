import type { FastifyError, RouteOptions } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROUTE_SUMMARIES } from '../../src/http/route-summaries.ts'
import { validationSentence } from '../../src/http/validation-sentence.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'patch']

let server: TestServer
const routes: string[] = []
// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
let description: any

beforeAll(async () => {
  server = await startTestServer({
    onRoute: ({ method, url, schema, config }: RouteOptions) => {
      // The page's own files are no API, and browsers know what they ask before.
      if (config?.isPreflight || (schema === undefined && config?.access === 'public')) return
      for (const one of [method].flat()) if (one !== 'HEAD') routes.push(`${one} ${url}`)
    },
  })
  description = await (await fetch(`${server.url}/openapi.json`)).json()
})
afterAll(() => server.close())

const described = (): string[] =>
  Object.entries<Record<string, unknown>>(description.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((key) => METHODS.includes(key))
      .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )

it('describes every route, and no other', () => {
  expect(description.openapi).toBe('3.0.3')
  const withoutSlash = (name: string) => name.replace(/(?<=\w)\/$/, '')
  expect([...new Set(described().map(withoutSlash))].toSorted()).toEqual(
    [...new Set(routes.map(withoutSlash))].toSorted(),
  )
})

it('says of each what it does, who may use it and what errors look like', () => {
  const operations = Object.entries<Record<string, Record<string, unknown>>>(description.paths).flatMap(
    ([path, item]) =>
      Object.entries(item)
        .filter(([key]) => METHODS.includes(key))
        .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )
  expect(operations.length).toBeGreaterThan(60)
  const silent = operations.filter(({ operation }) => !operation.summary || !operation.description)
  // Each gets its line in http/route-summaries.ts.
  expect(silent.map(({ name }) => name)).toEqual([])
  for (const { operation } of operations) {
    expect(operation.responses).toHaveProperty('default')
    expect(operation.security).toBeDefined()
  }
})

it('has no summary of a route that is gone', () => {
  expect(Object.keys(ROUTE_SUMMARIES).filter((route) => !routes.includes(route))).toEqual([])
})

it('gives parameters with their limits, bodies and replies', () => {
  const { parameters, responses } = description.paths['/api/logs'].get
  expect(parameters.find(({ name }: { name: string }) => name === 'limit')).toMatchObject({
    in: 'query',
    schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  })
  const row = responses['200'].content['application/json'].schema.properties.data.properties.logs.items
  expect(Object.keys(row.properties)).toContain('extra_data')
  expect(
    description.paths['/api/cameras'].post.requestBody.content['application/json'].schema.required,
  ).toEqual(['name'])
})

it('says nothing that OpenAPI 3.0 does not know', () => {
  const unknown = new Set<string>()
  const look = (schema: Record<string, unknown>, where: string) => {
    for (const key of Object.keys(schema)) if (!KEYWORDS.has(key)) unknown.add(`${key} in ${where}`)
    const { properties = {}, items, additionalProperties, anyOf = [], allOf = [], oneOf = [] } = schema
    for (const one of [
      ...Object.values(properties as object),
      ...[items, additionalProperties],
      ...[anyOf, allOf, oneOf].flat(),
    ]) {
      if (typeof one === 'object' && one !== null) look(one, where)
    }
  }
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
  for (const [path, item] of Object.entries<any>(description.paths)) {
    // biome-ignore lint/suspicious/noExplicitAny: the same
    for (const { parameters = [], requestBody = {}, responses } of Object.values<any>(item)) {
      for (const { schema } of parameters) look(schema, path)
      for (const { content = {} } of [requestBody, ...(Object.values(responses) as object[])] as {
        content?: Record<string, { schema?: Record<string, unknown> }>
      }[]) {
        for (const { schema } of Object.values(content)) if (schema) look(schema, path)
      }
    }
  }
  expect([...unknown]).toEqual([])
})

const KEYWORDS = new Set(
  'title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxProperties minProperties required enum type allOf oneOf anyOf not items properties additionalProperties description format default nullable example deprecated'.split(
    ' ',
  ),
)

it('has a sentence for each pattern', () => {
  const patterns = new Set<string>()
  JSON.stringify(description.paths, (key, value) => {
    if (key === 'pattern' && typeof value === 'string') patterns.add(value)
    return value
  })
  expect(patterns.size).toBeGreaterThan(3)
  for (const pattern of patterns) {
    const problem = { keyword: 'pattern', instancePath: '/field', params: { pattern }, message: 'must match' }
    const error = { validation: [problem] } as unknown as FastifyError
    // Each gets its words in http/validation-sentence.ts.
    expect(validationSentence(error, undefined)).toMatch(/^field must be/)
  }
})

it('is a page of its own at /docs, which loads nothing', async () => {
  const response = await fetch(`${server.url}/docs`)
  const text = await response.text()
  expect(response.headers.get('content-type')).toContain('text/html')
  expect(text).not.toMatch(/<(script|link|img|iframe)|https?:/)
  for (const path of ['/api/logs/{id}', '/api/diagnostics', '/readyz'])
    expect(text).toContain(`<code>${path}</code>`)
})
