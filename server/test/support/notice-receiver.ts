import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

type Received = {
  headers: IncomingHttpHeaders
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
  body: any
}

/** An address that takes notices, with configurable answers. */
export async function startReceiver() {
  const received: Received[] = []
  let beats = 0
  let answer: { status: number; headers?: Record<string, string>; text?: string } | 'stall' = { status: 200 }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      if (request.method === 'GET') beats++
      else received.push({ headers: request.headers, text, body: parsed(text) })
      if (answer === 'stall') return
      response.writeHead(answer.status, answer.headers).end(answer.text ?? 'ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    received,
    /** How often it was called without a notice. */
    beats: () => beats,
    url: `http://127.0.0.1:${port}/hook`,
    port,
    answerWith(next: typeof answer) {
      answer = next
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
