// examples/deploy/nginx.conf in Debian's nginx: streams, sessions and large bodies through a proxy with TLS.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { CAN_UPGRADE } from '../../server/src/http/web-socket.ts'
import { ROOT } from '../repository/source-files.ts'
import { freePort } from '../support/free-port.ts'
import { startProgram, temporaryFolder } from '../support/program.ts'

const EXAMPLE = join(ROOT, 'examples/deploy/nginx.conf')
const NAME = 'logs.example.org'
const KEY = 'k'.repeat(40)

const missing = ['nginx', 'openssl'].find((program) => spawnSync(program, ['version']).error !== undefined)
const skipped = missing
  ? ` (skipped: ${missing} is not installed; Debian has it in a package of this name)`
  : ''

type Ask = { method?: string; path: string; headers?: Record<string, string>; body?: string | Buffer }

describe.skipIf(missing)(`behind nginx${skipped}`, () => {
  let port: number
  let plainPort: number
  let serverPort: number
  beforeAll(async () => {
    ;[port, plainPort, serverPort] = [await freePort(), await freePort(), await freePort()]
  })

  /** A server and nginx in front of it, gone with the test. */
  async function start(): Promise<void> {
    const folder = temporaryFolder()
    startProgram({
      env: {
        PORT: String(serverPort),
        DATA_DIR: join(folder, 'data'),
        ADMIN_API_KEY: KEY,
        PUBLIC_URL: `https://${NAME}`,
        TRUST_PROXY: '127.0.0.1,::1',
      },
    })
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${NAME}`],
        ...[
          '-addext',
          `subjectAltName=DNS:${NAME}`,
          '-keyout',
          join(folder, 'key'),
          '-out',
          join(folder, 'pem'),
        ],
      ],
      { stdio: 'ignore' },
    )
    const site = readFileSync(EXAMPLE, 'utf8')
      .replace('127.0.0.1:4700', `127.0.0.1:${serverPort}`)
      .replace('listen 443 ssl http2', `listen 127.0.0.1:${port} ssl http2`)
      .replace('listen 80', `listen 127.0.0.1:${plainPort}`)
      .replace(/ssl_certificate .*;/, `ssl_certificate ${join(folder, 'pem')};`)
      .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${join(folder, 'key')};`)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    for (const name of temporary) {
      mkdirSync(join(folder, name))
      chmodSync(join(folder, name), 0o777)
    }
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; error_log stderr warn;
      events { worker_connections 100; }
      http {
        access_log off;
        ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
        ${site}
      }`,
    )
    const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const ended = new Promise((resolve) => nginx.once('close', resolve))
    onTestFinished(async () => {
      nginx.kill('SIGTERM')
      await ended
    })
    await expect.poll(() => ask({ path: '/healthz' }).then(textOf), { message: said }).toContain('ok')
  }

  function ask({ method = 'GET', path, headers = {}, body }: Ask): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          ...{ host: '127.0.0.1', port, method, path, rejectUnauthorized: false, servername: NAME },
          // Not the address of nginx, so that it shows whose is taken.
          localAddress: '127.0.0.2',
          headers: { host: NAME, ...headers },
        },
        resolve,
      )
      asked.on('error', reject).end(body)
    })
  }

  async function textOf(reply: IncomingMessage): Promise<string> {
    let text = ''
    for await (const part of reply.setEncoding('utf8')) text += part
    return text
  }

  /** The first text that comes over a WebSocket. */
  async function firstText(path: string): Promise<string> {
    const asked = request({
      ...{ host: '127.0.0.1', port, path, rejectUnauthorized: false, servername: NAME },
      headers: {
        ...{ host: NAME, authorization: `Bearer ${KEY}`, connection: 'Upgrade', upgrade: 'websocket' },
        ...{ 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64') },
      },
    })
    const [, socket, head] = await new Promise<[IncomingMessage, Duplex, Buffer]>((resolve, reject) => {
      asked.on('upgrade', (...upgrade) => resolve(upgrade)).on('error', reject)
      asked.on('response', ({ statusCode }) => reject(new Error(`answered ${statusCode}`)))
      asked.end()
    })
    const first = head.length > 0 ? head : ((await once(socket, 'data'))[0] as Buffer)
    socket.destroy()
    // Two bytes of frame before a short text.
    return first.subarray(2).toString()
  }

  it('streams show a line while they are open, people sign in and write, and large bodies get through', {
    timeout: 60_000,
  }, async () => {
    await start()
    const authorization = `Bearer ${KEY}`
    const json = { 'content-type': 'application/json' }

    const stream = await ask({ path: '/api/logs/stream?source=shop', headers: { authorization } })
    onTestFinished(() => void stream.destroy())
    let streamed = ''
    stream.setEncoding('utf8').on('data', (text: string) => {
      streamed += text
    })
    await expect.poll(() => streamed).toContain('id: ')
    const line = JSON.stringify({ level: 'INFO', message: 'through the proxy', source: 'shop' })
    const stored = await ask({
      method: 'POST',
      path: '/api/logs',
      headers: { authorization, ...json },
      body: line,
    })
    expect(stored.statusCode).toBe(200)
    await expect.poll(() => streamed).toContain('through the proxy')
    if (CAN_UPGRADE) expect(await firstText('/api/logs/stream')).toMatch(/^id: /)

    const link = JSON.parse(
      await textOf(
        await ask({
          ...{ method: 'POST', path: '/api/users/link', headers: { authorization, ...json } },
          body: JSON.stringify({ username: 'anna', role: 'admin' }),
        }),
      ),
    ).data.url as string
    expect(link).toMatch(new RegExp(`^https://${NAME}/`))
    const origin = { origin: `https://${NAME}`, ...json }
    const redeemed = await ask({
      ...{ method: 'POST', path: '/api/auth/link', headers: origin },
      body: JSON.stringify({
        ...{ secret: link.split('#link=')[1], username: 'anna', password: 'correct horse battery' },
      }),
    })
    expect(redeemed.statusCode).toBe(200)
    const [cookie = ''] = redeemed.headers['set-cookie'] ?? []
    expect(cookie).toContain('Secure')
    const named = { cookie: cookie.split(';')[0] ?? '' }
    const change = { method: 'POST', path: '/api/cameras', body: JSON.stringify({ name: 'North mast' }) }
    expect((await ask({ ...change, headers: { ...origin, ...named } })).statusCode).toBe(201)
    const foreign = { ...json, ...named, origin: 'https://elsewhere.example' }
    expect((await ask({ ...change, headers: foreign })).statusCode).toBe(403)
    const { data } = JSON.parse(
      await textOf(await ask({ path: '/api/audit?action=camera.create', headers: named })),
    )
    expect(data.entries[0]).toMatchObject({ actor: 'user anna', address: '127.0.0.2' })

    const lines = Array.from({ length: 15 * 1024 }, () =>
      JSON.stringify({ level: 'INFO', message: 'x'.repeat(1000) }),
    )
    const large = { method: 'POST', path: '/api/logs', body: lines.join('\n') }
    const headers = { authorization, 'content-type': 'application/x-ndjson' }
    expect((await ask({ ...large, headers })).statusCode).toBe(200)
    const tooLarge = await ask({ ...large, body: Buffer.alloc(17 * 1024 * 1024, 'x'), headers })
    expect(JSON.parse(await textOf(tooLarge))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })

    const exported = await ask({ path: '/api/logs/export?source=shop', headers: { authorization } })
    expect(JSON.parse(await textOf(exported)).message).toBe('through the proxy')
  })
})
