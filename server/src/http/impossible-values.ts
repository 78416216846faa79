import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../service/app-error.ts'

/** A schema names at most this many levels of a body; deeper values are data. */
const MAX_DEPTH = 5

/**
 * Refuses numbers without an end: `Infinity` and `1e999` become one when text is read as a number, and no limit of a
 * schema is compared with it.
 */
export function refuseEndlessNumbers(app: FastifyInstance): void {
  app.addHook('preHandler', async (request) => {
    const name = fieldWith(request, (value) => typeof value === 'number' && !Number.isFinite(value))
    if (name !== undefined) throw new AppError('INVALID_REQUEST', `${name} must be a finite number.`)
  })
}

/** The sentence for text that no column can hold, PostgreSQL's 22021: which field has the character. */
export function sentenceOfNul(request: FastifyRequest): string {
  const name = fieldWith(request, (value) => typeof value === 'string' && value.includes('\0'))
  return `${name ?? 'A text of the request'} must not have the character U+0000, which PostgreSQL cannot store.`
}

function fieldWith(
  { query, params, body, routeOptions }: FastifyRequest,
  isMeant: (value: unknown) => boolean,
): string | undefined {
  // A body without a schema is lines of logs: megabytes, which their decoder looks at.
  for (const part of [params, query, routeOptions.schema?.body ? body : undefined]) {
    const path = pathTo(part, isMeant, MAX_DEPTH)
    if (path !== undefined) return path.join('.')
  }
  return undefined
}

function pathTo(value: unknown, isMeant: (value: unknown) => boolean, depth: number): string[] | undefined {
  if (isMeant(value)) return []
  if (typeof value !== 'object' || value === null || depth === 0) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const path = pathTo(inner, isMeant, depth - 1)
    if (path !== undefined) return [key, ...path]
  }
  return undefined
}
