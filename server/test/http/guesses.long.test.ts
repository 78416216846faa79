// A hundred passwords are hashed, at a tenth of a second of a core each.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Browser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const PASSWORD = 'correct horse battery'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { TRUST_PROXY: 'true' } })
})
afterAll(() => server.close())

async function invite(username: string): Promise<string> {
  const { body } = await server.send('POST', '/api/users/link', { username, role: 'viewer' })
  return body.data.url.split('#link=')[1]
}

it('a one-time link stays good while others try wrong ones from all over the world', async () => {
  const redeem = (secret: string, username: string, from: string) =>
    new Browser(server.url).post(
      '/api/auth/link',
      { secret, username, password: PASSWORD },
      { 'x-forwarded-for': from },
    )
  const wrong = Array.from({ length: 105 }, (_, index) => redeem(`no${index}`, 'thief', `10.9.0.${index}`))
  for (const { status } of await Promise.all(wrong)) expect(status).toBe(403)
  expect((await redeem(await invite('patient'), 'patient', '10.8.0.1')).status).toBe(200)
})
