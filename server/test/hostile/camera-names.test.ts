// Names of cameras that would be read as something else: by the page, a spreadsheet, a terminal, a mail.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../support/command.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const FORGED = '\n2026-01-31 CRITICAL api: all lines were deleted'
/** A name as an older server, or a backup of one, may have it. */
const STORED = `Gate\u001b[2J\u202e${FORGED}`
const NAMED = 7

beforeAll(async () => {
  server = await startTestServer()
  await server.send('POST', '/api/cameras', { id: NAMED, name: 'Gate' })
  await server.send('POST', '/api/logs', {
    ...{
      level: 'ERROR',
      source: `api${FORGED}`,
      camera_id: NAMED,
      message: `token \u001b]0;owned\u0007${FORGED}`,
    },
    extra_data: { [`key${FORGED}`]: '\u009b31m' },
  })
  await server.database.database.pool.query(`update cameras set name = $1 where id = $2`, [STORED, NAMED])
})
afterAll(() => server.close())

describe('a new name', () => {
  it.each(['\n', '\r', '\t', '\0', '\u001b', '\u0085', '\u2028', '\u202e', '\u2066', '\u200f'])(
    'with %j is refused',
    async (character) => {
      const body = { name: `Gate${character}2` }
      const created = await server.send('POST', '/api/cameras', body)
      const renamed = await server.send('PUT', `/api/cameras/${NAMED}`, body)
      expect([created.status, renamed.status]).toEqual([400, 400])
      expect(created.body.message).toContain('name must be one line')
    },
  )

  it.each([
    '=HYPERLINK("http://evil.example","x")',
    '<img src=x onerror=alert(1)>',
    '" onmouseover="alert(1)',
    '{camera_name}',
    '../../7',
    'Gаte',
    'می‌خواهم 👨‍👩‍👧',
    '\u0301'.repeat(200),
  ])('%j is a name like another, and no formula in a file', async (name) => {
    const { status, body } = await server.send('POST', '/api/cameras', { name })
    const { id } = body.data.camera
    expect([status, body.data.camera.name]).toEqual([201, name])
    await server.send('POST', '/api/logs', {
      level: 'INFO',
      source: 'names',
      camera_id: id,
      message: 'hello',
    })
    const { logs } = (await server.get(`/api/logs?camera_id=${id}`)).body.data
    expect(logs[0].camera_name).toBe(name)
    const file = await fetch(`${server.url}/api/logs/export?format=csv&fields=camera_name&camera_id=${id}`, {
      headers: { authorization: `Bearer ${server.apiKey}` },
    })
    expect((await file.text()).split('\r\n')[1]).toMatch(/^"?('=|""|[^=+\-@\t\r"])/)
  })

  it('takes a free id where a line has named the last one there is', async () => {
    await server.send('POST', '/api/logs', {
      level: 'INFO',
      message: 'last',
      source: 'x',
      camera_id: 2_147_483_647,
    })
    const ids = await Promise.all(
      [1, 2].map(async (count) => {
        const { status, body } = await server.send('POST', '/api/cameras', {
          name: `After the last ${count}`,
        })
        return [status, body.data?.camera.id]
      }),
    )
    // The two may have asked for the same one.
    expect(ids).toContainEqual([201, 1])
  })
})

describe('a name, a source or a message of an attacker on a terminal', () => {
  const rules = [
    { name: 'read', sources: ['*'], parse: { as: 'regex', pattern: '(?P<first>token) (?P<rest>.*)' } },
  ]
  const folder = mkdtempSync(join(tmpdir(), 'timelapser-names-'))
  const file = join(folder, 'rules.yaml')
  writeFileSync(file, JSON.stringify({ rules }))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    [['scrub', '--pattern', 'token', '--dry-run']],
    [['cameras', 'list', '--no-json']],
    [['cameras', 'delete', String(NAMED), '--no-json']],
    [['parse-rules', 'test', file]],
    [['parse-rules', 'apply', file, '--dry-run']],
  ])('%s writes it out', async (args) => {
    const { stdout, stderr } = await runCommand(server, args)
    expect(stdout + stderr).toMatch(/Gate|token|owned/)
    for (const line of (stdout + stderr).split('\n')) expect(line).not.toMatch(/^\s*2026-01-31 CRITICAL/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stdout + stderr).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/)
  })
})
