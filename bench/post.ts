import { Agent, request } from 'node:http'

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
  post(body: string | Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      const sending = request(
        this.#url,
        { method: 'POST', agent: this.#agent, headers: this.#headers },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk) => (text += chunk))
          response.on('end', () => {
            if ((response.statusCode ?? 500) < 300) resolve(text)
            else reject(new Error(`${response.statusCode}: ${text}`))
          })
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
