import { afterAll } from 'vitest'
import { startTestServer, type TestServer } from './server.ts'

/** A server for the tests of one way in, gone with the file: it stores every level. */
export async function startWayIn(): Promise<{
  server: TestServer
  /** Lines of a source as they were stored, newest first. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
  stored: (source: string) => Promise<any[]>
  /** Sends a body of any kind as the administrator. */
  post: (path: string, body: unknown, headers: Record<string, string>, method?: string) => Promise<Response>
}> {
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
  }
}
