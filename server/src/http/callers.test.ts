import type { IncomingMessage } from 'node:http'
import Fastify from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import type { Principal } from '../service/access/access.ts'
import { registerCallers } from './callers.ts'

it('a request with a body waits for a place, also once the body is read', async () => {
  const app = Fastify()
  onTestFinished(() => app.close())
  const asked: IncomingMessage[] = []
  app.addHook('onRequest', async (request) => {
    asked.push(request.raw)
    request.principal = { kind: 'key', lineage: 'key 1', role: 'viewer' } as unknown as Principal
  })
  const places = registerCallers(app)
  app.post('/', { config: { rateClass: 'query' } }, async () => 'found')
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const held = Array.from({ length: places.total }, () => places.tryTake(undefined))
  const headers = { 'content-type': 'application/json' }
  const reply = fetch(url, { method: 'POST', headers, body: '{"query":"timeout"}' })
  await expect.poll(() => [places.waiting, asked[0]?.closed]).toEqual([1, true])
  for (const giveBack of held) giveBack?.()
  expect((await reply).status).toBe(200)
})
