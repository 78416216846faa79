import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { makeCertificate } from '../../../test/support/certificate.ts'
import type { Listener, ListenerOptions } from '../../src/cli/serve/listener.ts'
import { startTestServer, type TestServer } from './server.ts'

type WayIn = {
  server: TestServer
  /** Lines of a source as they were stored, newest first. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
  stored: (source: string) => Promise<any[]>
  /** Sends a body of any kind as the administrator. */
  post: (path: string, body: unknown, headers: Record<string, string>, method?: string) => Promise<Response>
  /** How many lines were rejected so far. */
  rejected: () => Promise<number>
}

/** A server for the tests of one way in, gone with the file: it stores every level. */
export async function startWayIn(): Promise<WayIn> {
  const server = await startTestServer()
  afterAll(() => server.close())
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG' })
  return {
    server,
    stored: async (source) => (await server.get(`/api/logs?source=${source}`)).body.data.logs,
    post: (path, body, headers, method = 'POST') =>
      fetch(`${server.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${server.apiKey}`, ...headers },
        body: body as string,
      }),
    rejected: async () => {
      const headers = { authorization: `Bearer ${server.apiKey}` }
      const text = await (await fetch(`${server.url}/metrics`, { headers })).text()
      return Number(/timelapser_rows_not_stored_total\{reason="rejected"\} (\d+)/.exec(text)?.[1])
    },
  }
}

/** A way in with ports of its own, in which no trouble is expected, and a folder with a certificate for `localhost`. */
export async function startPorts(): Promise<
  WayIn & {
    folder: string
    cert: string
    key: string
    options: ListenerOptions
    /** The ports that were opened, by their kind. */
    open: (opening: Promise<Listener>) => Promise<Record<string, number>>
  }
> {
  const wayIn = await startWayIn()
  const folder = await mkdtemp(join(tmpdir(), 'timelapser-senders-'))
  const made = makeCertificate(folder, 'localhost')
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await rename(made.cert, cert)
  await rename(made.key, key)
  const listeners: Listener[] = []
  const troubles: unknown[] = []
  afterAll(async () => {
    for (const { close } of listeners) await close()
    await rm(folder, { recursive: true, force: true })
    expect(troubles).toEqual([])
  })
  return {
    ...{ ...wayIn, folder, cert, key },
    options: {
      ingest: wayIn.server.system.ingestService,
      onTrouble: (error) => troubles.push(error),
    },
    open: async (opening) => {
      const listener = await opening
      listeners.push(listener)
      return Object.fromEntries(
        listener.addresses.map((address) => {
          const [, kind = '', port = ''] = /^(\w+) .*:(\d+)$/.exec(address) ?? []
          return [kind, Number(port)]
        }),
      )
    },
  }
}
