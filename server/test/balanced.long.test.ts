// Servers by role behind nginx, which knows the routes of each: examples/deploy/nginx-roles.conf.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createLogger, httpHandler } from '@timelapser/logger'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ROOT } from '../../test/repository/source-files.ts'
import { freePort } from '../../test/support/free-port.ts'
import { temporaryFolder } from '../../test/support/program.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import {
  follow,
  HEADERS,
  KEY,
  type ServerProcess,
  startProcess,
  stopProcess,
} from './support/server-process.ts'

const hasNginx = spawnSync('nginx', ['-v']).error === undefined
const ROLES = ['ingest', 'ingest', 'query,page', 'query,page', 'jobs']

/** Some of each role; the ingestion routes of every protocol. */
const REQUESTS: Readonly<Record<string, string[]>> = {
  POST: [
    ...[
      '/api/logs',
      '/api/events/raw',
      '/api/v2/logs',
      '/v1/logs',
      '/otlp/v1/logs',
      '/loki/api/v1/push',
      '/gelf',
    ],
    ...[
      '/ingest/clef',
      '/upload',
      '/services/collector/event',
      '/services/collector/raw/1.0',
      '/_bulk',
      '/web/_bulk',
    ],
    ...[
      '/web/_doc',
      '/web/_doc/1',
      '/web/_create/1',
      '/web/type/_bulk',
      '/elastic/_bulk',
      '/elastic/web/_doc',
    ],
    ...['/api/alerts/rules', '/api/logs/delete/preview', '/loki/api/v1/query'],
  ],
  PUT: ['/_bulk', '/elastic/_ilm/policy/logs', '/api/settings'],
  GET: [
    ...['/elastic', '/_license', '/services/collector/health', '/api/line-forms?place=x'],
    ...[
      '/',
      '/logs',
      '/api/logs',
      '/api/logs/1',
      '/loki/api/v1/labels',
      '/api/cameras',
      '/healthz',
      '/metrics',
    ],
  ],
}

let database: TestDatabase
let servers: ServerProcess[]

beforeAll(async () => {
  if (!hasNginx) return
  database = await createTestDatabase()
  servers = await Promise.all(ROLES.map((SERVE) => startProcess(database.url, { environment: { SERVE } })))
})
afterAll(async () => {
  await Promise.all(servers?.map(stopProcess) ?? [])
  await database?.close()
})

/** nginx in front of the servers that answer requests; gone with the test. Returns its port. */
async function balance(): Promise<string> {
  const folder = temporaryFolder()
  const port = String(await freePort())
  const site = servers
    .slice(0, 4)
    .reduce(
      (text, server, at) => text.replace(`127.0.0.1:470${at + 1}`, `127.0.0.1:${server.port}`),
      readFileSync(join(ROOT, 'examples/deploy/nginx-roles.conf'), 'utf8'),
    )
    .replace('listen 4700', `listen 127.0.0.1:${port}`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  for (const name of temporary) {
    mkdirSync(join(folder, name))
    chmodSync(join(folder, name), 0o777)
  }
  const paths = temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log ${folder}/errors warn;
    events { worker_connections 200; }
    http { access_log off; ${paths} ${site} }`,
  )
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' })
  onTestFinished(async () => {
    nginx.kill('SIGTERM')
    await once(nginx, 'close')
  })
  await expect.poll(() => fetch(`http://127.0.0.1:${port}/healthz`).then(({ status }) => status)).toBe(200)
  return port
}

describe.skipIf(!hasNginx)(
  `servers by role behind nginx${hasNginx ? '' : ' (skipped: nginx is not installed)'}`,
  () => {
    it('get the requests of their roles', async () => {
      const url = `http://127.0.0.1:${await balance()}`
      const ask = async (method: string, path: string) => {
        const reply = await fetch(`${url}${path}`, { method, headers: HEADERS })
        return [method, path, (await reply.text()).includes('SERVE')]
      }
      const asked = Object.entries(REQUESTS).flatMap(([method, paths]) =>
        paths.map((path) => [method, path] as const),
      )
      const replies = await Promise.all(asked.map(([method, path]) => ask(method, path)))
      expect(replies).toEqual(asked.map(([method, path]) => [method, path, false]))
    })

    it('lose and repeat nothing while one of each role is killed', async () => {
      const port = await balance()
      const front = { ...servers[0], port, url: `http://127.0.0.1:${port}` } as ServerProcess
      const stopping = new AbortController()
      const reader = follow([front], 'source=balanced', stopping.signal)
      await reader.began
      const handler = httpHandler({ url: front.url, apiKey: KEY, onProblem: () => undefined })
      const logger = createLogger({ source: 'balanced', handlers: [handler] })
      const written: string[] = []
      const write = async (lines: number) => {
        for (let line = 0; line < lines; line++) {
          written.push(`balanced ${written.length}`)
          logger.info(written.at(-1) as string)
          await wait(2)
        }
        await expect.poll(() => reader.seen.length).toBeGreaterThanOrEqual(written.length)
      }
      await write(100)
      for (const killed of [0, 2]) {
        const { child } = servers[killed] as ServerProcess
        child.kill('SIGKILL')
        await write(200)
      }
      await logger.close()
      stopping.abort()
      await reader.followed
      expect(reader.seen.toSorted()).toEqual(written.toSorted())
      const pages = async () => {
        const reply = await fetch(`${front.url}/api/logs?source=balanced&limit=1`, { headers: HEADERS })
        return ((await reply.json()) as { data: { pagination: { total_items: number } } }).data.pagination
      }
      expect(await pages()).toMatchObject({ total_items: written.length })
    })
  },
)
