// Routes that README and docs/ name are there, and every route of the API is named in docs/security.md.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RouteOptions } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { documents } from '../../../test/repository/documents.ts'
import { ROOT } from '../../../test/repository/source-files.ts'
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
  // Log lines in examples name the routes of other programs.
  const prose = text.replaceAll(/^\{"timestamp".*$/gm, '')
  for (const [all, method, path = ''] of prose.matchAll(named)) {
    if (/^\/api$/.test(path)) continue
    if (!isThere(method, path.replace(/[.:]$/, ''))) wrong.push(all)
  }
  expect(wrong).toEqual([])
})

it('lists every question of the Loki protocol in docs/grafana.md, with tests that are there', () => {
  const docs = readFileSync(join(ROOT, 'docs/grafana.md'), 'utf8')
  const [, table = ''] = docs.split('## What Grafana asks')
  const questions = [...routes].flatMap((route) => /^GET \/loki\/api\/v1\/(\S+)$/.exec(route)?.[1] ?? [])
  expect(questions.length).toBeGreaterThan(15)
  const named = (question: string) => `\`${question.replace(/\/$/, '').replace(':name', '<name>')}\``
  expect(questions.filter((question) => !table.includes(named(question)))).toEqual([])
  const tests = ['grafana', 'loki-tail'].map((name) =>
    readFileSync(join(ROOT, `server/test/http/${name}.test.ts`), 'utf8'),
  )
  const titles = [...table.matchAll(/"([^"]+)" +\|$/gm)].map(([, title = '']) => title)
  expect(titles.length).toBeGreaterThan(10)
  expect(titles.filter((title) => !tests.some((text) => text.includes(title)))).toEqual([])
})
