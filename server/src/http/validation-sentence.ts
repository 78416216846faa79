import type { FastifyError, FastifyInstance } from 'fastify'
import { CAMERA_NAME } from './schemas/cameras.ts'

/** As Ajv reports it, with `verbose`: `data` is the value that will not do. */
type Problem = {
  keyword: string
  instancePath: string
  message?: string
  params: Record<string, unknown>
  data?: unknown
}
type ObjectSchema = { type?: string; properties?: Record<string, unknown> }

/**
 * Makes every route under `/api/` refuse query parameters it does not know: a mistyped filter would answer for
 * everything, and a mistyped `days_to_keep` delete by its default.
 */
export function refuseUnknownParameters(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (!route.schema || !route.url.startsWith('/api/')) return
    const known = (route.schema.querystring as ObjectSchema | undefined) ?? { type: 'object', properties: {} }
    if (known.type !== 'object') return
    route.schema = { ...route.schema, querystring: { ...known, additionalProperties: false } }
  })
}

/** Describes a schema violation as a sentence that names the field, its limit and, for numbers, the value. */
export function validationSentence(error: FastifyError, schema: unknown): string {
  const problems = (error.validation ?? []) as unknown as Problem[]
  const first = problems[0]
  if (!first) return error.message
  const path = first.instancePath.replace(/^\//, '').replaceAll('/', '.')
  if (first.keyword === 'required')
    return `${[path, first.params.missingProperty].filter(Boolean).join('.')} is required.`
  if (first.keyword === 'additionalProperties') return unknownName(first, path, error, schema)
  return `${path || WHOLE[error.validationContext ?? ''] || 'The request'} ${predicate(first, problems)}.`
}

const WHOLE: Readonly<Record<string, string>> = {
  body: 'The body',
  querystring: 'The query',
  headers: 'The headers',
}

const KINDS: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

/** The patterns of all schemas in words. */
const PATTERNS: Readonly<Record<string, string>> = {
  '^https?://': 'must begin with http:// or https://',
  '^[\\x21-\\x7e]+$': 'must be printable ASCII characters without spaces',
  '^[^\\s<>,;]+@[^\\s<>,;]+$': 'must be an address such as logs@example.org',
  '^[\\w.:-]+$': 'must be a host name or address, such as mail.example.org',
  '^[\\w.+-]+/[\\w.+-]+(; ?charset=[\\w-]+)?$': 'must be a content type such as application/json',
  '^(([01]\\d|2[0-3]):[0-5]\\d|(sunrise|sunset)([+-]\\d{1,3})?)$':
    'must be a time such as 07:30, sunrise or sunset-30',
  '^(camera|source|logger_name|extra_data(\\.[^\\s.:"()]+)+)$':
    'must be camera, source, logger_name or a field such as extra_data.site',
  '^([01]\\d|2[0-3]):[0-5]\\d$': 'must be a time of day such as 07:00',
  [CAMERA_NAME]: 'must be one line, without characters that control a terminal or the direction of text',
  '^[^\\s.:"()]+(\\.[^\\s.:"()]+)*$': 'must be keys joined by dots, such as http.duration_ms',
  '^[^?#\\s]*$': 'must be parameters of a URL, such as level=ERROR&q=timeout, without ?, # and spaces',
  '^((range|from|to)=[^?#\\s&=]*(&|$))*$': 'must be a range as in the address of the page, such as range=6h',
}

const MOST_NAMES = 30

function unknownName(problem: Problem, path: string, error: FastifyError, schema: unknown): string {
  const name = [path, problem.params.additionalProperty].filter(Boolean).join('.')
  const isQuery = error.validationContext === 'querystring'
  const what = `${name} is not a known ${isQuery ? 'parameter' : 'field'}`
  const place = (schema as Record<string, ObjectSchema> | undefined)?.[error.validationContext ?? '']
  const known = path ? [] : Object.keys(place?.properties ?? {})
  if (isQuery && known.length === 0) return `${what}; this route has none.`
  return known.length > 0 && known.length <= MOST_NAMES
    ? `${what}; known are ${known.join(', ')}.`
    : `${what}.`
}

function predicate(problem: Problem, all: Problem[]): string {
  const limit = problem.params.limit as number
  const characters = (count: number) => `${count.toLocaleString('en-US')} character${count === 1 ? '' : 's'}`
  const { data } = problem
  switch (problem.keyword) {
    case 'minimum':
      return `must be at least ${limit}; it is ${data}`
    case 'maximum':
      return `must be at most ${limit}; it is ${data}`
    case 'minLength':
      return `must have at least ${characters(limit)}`
    case 'maxLength':
      return `must have at most ${characters(limit)}; it has ${[...String(data)].length.toLocaleString('en-US')}`
    case 'minItems':
      return `must have at least ${limit} value${limit === 1 ? '' : 's'}`
    case 'maxItems':
      return `must have at most ${limit} values; it has ${(data as unknown[]).length}`
    case 'minProperties':
      return 'must not be empty'
    case 'enum':
      return `must be one of ${(problem.params.allowedValues as unknown[]).join(', ')}`
    case 'const':
      return `must be ${constants(problem, all).join(' or ')}`
    case 'type':
      return `must be ${kinds(problem, all).join(' or ')}`
    case 'pattern':
      return PATTERNS[String(problem.params.pattern)] ?? problem.message ?? 'is not valid'
    default:
      return problem.message ?? 'is not valid'
  }
}

/** A union of literals is reported literal by literal. */
function constants({ instancePath }: Problem, all: Problem[]): string[] {
  return all
    .filter((one) => one.keyword === 'const' && one.instancePath === instancePath)
    .map(({ params }) => String(params.allowedValue))
}

function kinds({ instancePath }: Problem, all: Problem[]): string[] {
  const types = all
    .filter((one) => one.keyword === 'type' && one.instancePath === instancePath)
    .flatMap(({ params }) => params.type as string | string[])
  return [...new Set(types)].map((type) => KINDS[type] ?? type)
}
