import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BodyIntake } from '../service/ingest/ingest-service.ts'
import { registerErrorReplies } from './error-replies.ts'
import { takeRawBodies } from './raw-body.ts'
import { endSlowBodies } from './slow-bodies.ts'

const BODY_MS = 300

let app: FastifyInstance
const failures: unknown[] = []
const bodies = new BodyIntake()

beforeAll(async () => {
  app = fastify()
  endSlowBodies(app, BODY_MS)
  registerErrorReplies(
    app,
    (failure) => failures.push(failure),
    () => undefined,
  )
  app.decorateRequest('principal', null as never)
  app.addHook('onRequest', async (request) => {
    request.principal = { lineage: 'key 1' } as never
  })
  const handler = async () => 'stored'
  app.post('/json', handler)
  app.register(async (routes) => {
    takeRawBodies(routes, bodies)
    routes.post('/raw', handler)
    routes.post('/upload', { config: { isUpload: true } }, handler)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => app.close())

/** The beginning of a request, and what its sender is answered. */
async function begin(path: string): Promise<{ rest: (text: string) => void; answer: Promise<string> }> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\nnu`,
  )
  const answer = socket.toArray().then((chunks) => Buffer.concat(chunks as Buffer[]).toString())
  return { rest: (text) => socket.end(text), answer }
}

it.each(['/raw', '/json'])(
  'tells who takes too long for a body at %s, and holds nothing of it',
  async (path) => {
    const { answer } = await begin(path)
    expect(await answer).toMatch(
      /^HTTP\/1\.1 408 [\s\S]*connection: close[\s\S]*"message":"The body took longer than 0\.3/i,
    )
    await expect.poll(() => bodies.budget.usedBytes).toBe(0)
    expect(failures).toEqual([])
  },
)

it('leaves alone what is sent for as long as there is something', async () => {
  const slow = await begin('/raw')
  const { rest, answer } = await begin('/upload')
  await slow.answer
  rest('ll')
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /)
})
