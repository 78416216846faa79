import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type StreamProbe, TEST_SOURCE } from '../service/diagnosis/test-lines.ts'
import type { LogRow } from './schemas/logs.ts'

/** The caller's credentials: the stream is opened in their name. */
const CREDENTIALS = ['authorization', 'x-api-key', 'cookie'] as const

/**
 * Listens to this server's own event stream over its own port, as a live view does, so that what is timed is what
 * people see. Undefined where nothing listens.
 */
export function openStreamProbe(
  address: AddressInfo | string | null,
  { headers: callers, isSecure }: { headers: IncomingHttpHeaders; isSecure: boolean },
): StreamProbe | undefined {
  if (address === null || typeof address === 'string') return undefined
  const url = `${isSecure ? 'https' : 'http'}://${hostOf(address)}:${address.port}/api/logs/stream?source=${TEST_SOURCE}`
  const headers = Object.fromEntries(
    CREDENTIALS.flatMap((name) => (callers[name] === undefined ? [] : [[name, String(callers[name])]])),
  )
  return async (onLine, signal) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // The server's own port, whose certificate is made for the name that people use.
      const options = { headers, signal, agent: false, rejectUnauthorized: false }
      const request = isSecure ? requestHttps : requestHttp
      request(url, options, resolve).on('error', reject).end()
    })
    if (response.statusCode !== 200) throw new Error(`The event stream answered ${response.statusCode}`)
    const begun = Promise.withResolvers<void>()
    const read = async (body: AsyncIterable<string>) => {
      let rest = ''
      for await (const chunk of body) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          // The first id is the position the stream begins at.
          if (line.startsWith('id: ')) begun.resolve()
          if (line.startsWith('data: ')) tell(line.slice(6), onLine)
        }
      }
    }
    // Ends with the signal.
    read(response.setEncoding('utf8')).catch(begun.reject)
    await begun.promise
  }
}

function tell(data: string, onLine: Parameters<StreamProbe>[0]): void {
  const { rows = [] } = JSON.parse(data) as { rows?: Pick<LogRow, 'level' | 'extra_data'>[] }
  for (const { level, extra_data } of rows) onLine({ level, diagnosis: extra_data?.diagnosis })
}

/** A server that listens on all addresses is reached by the loopback. */
function hostOf({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1'
  return family === 'IPv6' ? `[${address}]` : address
}
