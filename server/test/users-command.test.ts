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

/** A command with the options alone: the environment says nothing. */
const users = (command: string, ...options: string[]) =>
  runCommand(server, ['users', command, '--url', server.url, ...options], {
    TIMELAPSER_LOGS_URL: undefined,
    TIMELAPSER_LOGS_API_KEY: undefined,
  })
const names = async () =>
  (await server.get('/api/users')).body.data.users.map(({ name }: { name: string }) => name)

it('says how the first administrator comes in while there is nobody', async () => {
  expect((await runCommand(server, ['users', 'list'])).stdout).toMatch(
    /^There are no users yet\. .* users invite NAME --role admin\n$/,
  )
})

describe('timelapser-logs users', () => {
  it('invites somebody new, and lets somebody back in who is known, and neither in place of the other', async () => {
    const key = ['--key', server.apiKey]
    const { code, stdout } = await users('invite', ...key, '--role', 'admin', 'anna')
    expect(code).toBe(0)
    const [url = '', sentence] = stdout.split('\n')
    expect(sentence).toMatch(/^Signs anna \(admin\) in once, until \d{4}-/)
    const [page, secret] = url.split('#link=')
    expect(page).toBe(`${server.url}/sign-in`)
    const input = { secret, username: 'anna', password: PASSWORD }
    const answer = await new Browser(server.url).post('/api/auth/link', input)
    expect(answer.body.data).toEqual({ kind: 'user', name: 'anna', role: 'admin', is_external: false })
    for (const command of ['link', 'reset']) {
      expect((await users(command, ...key, 'Anna')).stdout).toMatch(
        /#link=[\w-]{43}\nSigns anna \(admin\) in/,
      )
    }
    const mistyped = await users('link', ...key, 'ana')
    expect([mistyped.code, mistyped.stdout]).toEqual([1, ''])
    expect(mistyped.stderr).toMatch(/^There is no user ana\./)
    const again = await users('invite', ...key, 'anna')
    expect(again.stderr).toMatch(/^anna is a user already\. "timelapser-logs users reset anna"/)
    const asked = await server.send('POST', '/api/users/link', { username: 'ana' })
    expect([asked.status, asked.body.code]).toEqual([404, 'NOT_FOUND'])
    expect(await names()).toEqual(['anna'])
  })

  it('deletes somebody, once that is confirmed', { tags: ['long'] }, async () => {
    const key = ['--key', server.apiKey]
    await users('invite', ...key, 'vic')
    const unconfirmed = await users('delete', ...key, 'vic')
    expect([unconfirmed.code, unconfirmed.stdout]).toEqual([3, ''])
    expect(await names()).toContain('vic')
    expect((await users('delete', ...key, '--yes', 'vic')).stdout).toBe('vic was deleted.\n')
    expect(await names()).not.toContain('vic')
  })

  it.each([
    ['no key', 'link', ['--data-dir', '/nonexistent', 'ben'], /^No API key: give --key/],
    ['a wrong key', 'link', ['--key', 'tl_wrong', 'ben'], /does not accept this API key/],
    ['a role that is none', 'invite', ['--role', 'king', 'ben'], /Allowed choices are admin, viewer/],
  ])('says in a sentence what is wrong with %s', async (_what, command, options, sentence) => {
    const outcome = await users(command, ...options)
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toMatch(sentence)
    expect(outcome.stderr).not.toMatch(/^\s+at /m)
  })
})
