import { Agent, request } from 'node:http'

type Answer = { status: number; retryAfter: string | undefined; text: string }

/** Posts bodies over `connections` kept-alive connections, each the next when its last was answered. */
export class Poster {
  readonly #agent: Agent
  readonly #url: string
  readonly #headers: Record<string, string>

  constructor(options: { url: string; connections: number; headers?: Record<string, string> }) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections })
    this.#url = options.url
    this.#headers = options.headers ?? {}
  }

  /** Resolves with the text of a 2xx answer. */
  async post(body: string | Buffer): Promise<string> {
    const { status, text } = await this.send(body)
    if (status >= 300) throw new Error(`${status}: ${text}`)
    return text
  }

  /** Resolves with an answer of any status. */
  send(body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sending = request(
        this.#url,
        { method: 'POST', agent: this.#agent, headers: { ...this.#headers, ...headers } },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk) => (text += chunk))
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 500,
              retryAfter: response.headers['retry-after'],
              text,
            }),
          )
        },
      )
      sending.on('error', reject)
      sending.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** Runs `work` for every index below `count`, `lanes` at a time; resolves with the seconds it took. */
export async function inLanes(
  lanes: number,
  count: number,
  work: (index: number) => Promise<void>,
): Promise<number> {
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let index = next++; index < count; index = next++) await work(index)
    }),
  )
  return (performance.now() - start) / 1000
}
