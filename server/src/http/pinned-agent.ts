import { Agent, type AgentOptions, type RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'

type Connected = (error: Error | null, socket: Duplex) => void

/**
 * Connects to the one server that has the certificate of this SHA-256, whatever host name the certificate is for and
 * whoever signed it. Nothing is sent before the certificate was compared.
 */
export class PinnedAgent extends Agent {
  readonly #fingerprint: () => Promise<string | undefined>

  /** @param fingerprint asked at each connection, as the server may have got another certificate */
  constructor(fingerprint: () => Promise<string | undefined>, options?: AgentOptions) {
    super(options)
    this.#fingerprint = fingerprint
  }

  override createConnection(options: RequestOptions, callback?: Connected): undefined {
    this.#connect(options as ConnectionOptions).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as unknown as TLSSocket),
    )
  }

  async #connect(options: ConnectionOptions): Promise<TLSSocket> {
    const expected = await this.#fingerprint()
    if (expected === undefined) throw new Error('no certificate of a server was found')
    return new Promise((resolve, reject) => {
      const socket = connect({ ...options, rejectUnauthorized: false })
      socket.once('error', reject)
      socket.once('secureConnect', () => {
        const found = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase()
        if (found === expected) {
          socket.off('error', reject)
          resolve(socket)
          return
        }
        socket.destroy()
        reject(new Error('another program responds there, with another certificate'))
      })
    })
  }
}
