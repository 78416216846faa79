import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { runCommand } from './support/command.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const PASSWORD = 'correct horse battery'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** `users link` with the options alone: the environment says nothing. */
const link = (...options: string[]) =>
  runCommand(server, ['users', 'link', '--url', server.url, ...options], {
    TIMELAPSER_LOGS_URL: undefined,
    TIMELAPSER_LOGS_API_KEY: undefined,
  })

it('says how the first administrator comes in while there is nobody', async () => {
  expect((await runCommand(server, ['users', 'list'])).stdout).toMatch(
    /^Nobody yet\. .* users invite NAME --role admin\n$/,
  )
})

describe('timelapser-logs users link', () => {
  it('lets somebody in who is locked out', async () => {
    const { code, stdout } = await link('--key', server.apiKey, '--role', 'admin', 'anna')
    expect(code).toBe(0)
    const [url = '', sentence] = stdout.split('\n')
    expect(sentence).toMatch(/^Lets anna \(admin\) in, once, until \d{4}-/)
    const [page, secret] = url.split('#link=')
    expect(page).toBe(`${server.url}/sign-in`)
    const answer = await new Browser(server.url).post('/api/auth/link', {
      secret,
      username: 'anna',
      password: PASSWORD,
    })
    expect(answer.body.data).toEqual({ kind: 'user', name: 'anna', role: 'admin' })
  })

  it.each([
    ['no key', ['--data-dir', '/nonexistent', 'ben'], /^No API key: give --key/],
    ['a wrong key', ['--key', 'tl_wrong', 'ben'], /does not know this API key/],
    [
      'a role that is not theirs',
      ['--key', 'KEY', '--role', 'viewer', 'anna'],
      /anna exists with the role admin/,
    ],
    ['a role that is none', ['--key', 'KEY', '--role', 'king', 'ben'], /Allowed choices are admin, viewer/],
  ])('says in a sentence what is wrong with %s', async (_what, options, sentence) => {
    const outcome = await link(...options.map((option) => (option === 'KEY' ? server.apiKey : option)))
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toMatch(sentence)
    expect(outcome.stderr).not.toMatch(/^\s+at /m)
  })
})
