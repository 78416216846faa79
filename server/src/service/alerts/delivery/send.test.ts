// Where notices may go, what is told to whom there, and how long it may take.
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { checkAddress } from './checked-addresses.ts'
import { postChecked } from './checked-request.ts'
import type { Notice } from './notice.ts'
import { send } from './send.ts'

const notice: Notice = {
  ...{ id: 'alert-1', kind: 'firing', dedup_key: 'incident-1', at: '2026-01-31T14:05:00Z' },
  rule: { id: 1, name: 'Errors', severity: 'warning', condition: 'any line', note: null, group_by: null },
  ...{ groups: [], title: '[FIRING] Errors', text: '1 line', link: null, lines: [] },
}

const open: Server[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve))
})

async function listen(server: Server): Promise<number> {
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
const serve = (answer: RequestListener) => listen(createServer(answer))

describe('an address', () => {
  it.each([
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:169.254.169.254',
    '64:ff9b::7f00:1',
    '64:ff9b::169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    'ff02::1',
  ])('%s is of this machine or its link', (address) => {
    expect(() => checkAddress(address, address)).toThrow('ALERTS_ALLOW_LOCAL')
  })

  it.each(['10.0.0.5', '192.168.1.20', '172.16.0.1', '100.64.0.1', '8.8.8.8', 'fd12::1', '2606:4700::1'])(
    '%s may get notices',
    (address) => {
      expect(() => checkAddress(address, address)).not.toThrow()
    },
  )
})

describe('a webhook', () => {
  it.each(['127.0.0.1', '2130706433', '0x7f.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]'])(
    'is not at %s, by whichever way it is written',
    async (host) => {
      let asked = 0
      const port = await serve((_, response) => {
        asked++
        response.end()
      })
      const attempt = await send({ webhook: { url: `http://${host}:${port}/` } }, notice, {
        allowLocal: false,
      })
      expect(attempt).toMatchObject({ isSent: false, error: expect.stringContaining('ALERTS_ALLOW_LOCAL') })
      expect(asked).toBe(0)
    },
  )

  it('keeps its token from the host that a redirect leads to', async () => {
    const got: (string | undefined)[] = []
    const target = await serve((request, response) => {
      got.push(request.headers.authorization)
      response.end('taken')
    })
    const port = await serve((request, response) => {
      got.push(request.headers.authorization)
      response.writeHead(307, { location: `http://localhost:${target}/` }).end()
    })
    const webhook = { url: `http://127.0.0.1:${port}/`, token: 'opens' }
    expect(await send({ webhook }, notice, { allowLocal: true })).toMatchObject({ isSent: true })
    expect(got).toEqual(['Bearer opens', undefined])
  })

  it.each([
    [302, 'http://127.0.0.1/', 'Set that address instead'],
    [307, 'ftp://127.0.0.1/', 'no web address'],
    [307, '/', 'on and on'],
  ])('is not followed by %i to %s', async (status, location, said) => {
    const port = await serve((_, response) => response.writeHead(status, { location }).end())
    const posted = postChecked(`http://127.0.0.1:${port}/`, { headers: {}, body: '{}', allowLocal: true })
    await expect(posted).rejects.toThrow(said)
  })

  it('reads a bounded part of an answer that never ends, and waits a bounded time for one that does not come', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/silent') return
      const write = () => {
        while (response.write('x'.repeat(4096)));
        response.once('drain', write)
      }
      write()
    })
    const to = (path: string) =>
      send({ webhook: { url: `http://127.0.0.1:${port}${path}` } }, notice, {
        ...{ allowLocal: true, timeoutMs: path === '/silent' ? 100 : 10_000 },
      })
    const endless = await to('/endless')
    expect([endless.isSent, endless.reply?.length]).toEqual([true, 504])
    expect(await to('/silent')).toMatchObject({ isSent: false, error: 'It did not answer in time.' })
  })
})

it('ends a mail to a server that drips its answer', async () => {
  const port = await listen(
    createSocketServer((socket) => {
      socket.write('220 here\r\n')
      const drip = setInterval(() => socket.write('250-and\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
      socket.on('error', () => undefined)
    }),
  )
  const email = {
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'a@example.org',
    to: ['b@example.org'],
  } as const
  const options = { allowLocal: true, timeoutMs: 100 }
  const attempt = await send({ email: { ...email, to: [...email.to] } }, notice, options)
  expect(attempt).toMatchObject({ isSent: false, error: expect.stringContaining('in time') })
})
