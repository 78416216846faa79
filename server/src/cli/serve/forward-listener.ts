import { hostname } from 'node:os'
import { encode } from '@msgpack/msgpack'
import { ByteBudget, type Hold } from '../../byte-budget.ts'
import type { ForwardConfig } from '../../config.ts'
import { MsgpackFrames } from '../../ingest/fluent/msgpack-frames.ts'
import type { PartialLines } from '../../ingest/fluent/partial-lines.ts'
import { ForwardHandshake } from '../../service/ingest/forward-handshake.ts'
import { ForwardIntake } from '../../service/ingest/forward-intake.ts'
import { LiveCertificate } from './certificate.ts'
import { Connections } from './connections.ts'
import { type Listener, type ListenerOptions, openAll } from './listener.ts'
import { type Connection, type OpenPort, openTcpPort, UNFINISHED_MS } from './ports.ts'

/** Bytes of messages that are incomplete or wait for their turn: a connection holds at most one of 16 MB. */
const UNFINISHED_BYTES = 48 * 1024 * 1024
const UNFINISHED_BYTES_OF_ONE = 24 * 1024 * 1024
/** How long the first parts of a line wait for its last: they are sent one right after another. */
const REST_MS = 2000

/** The parts that a connection is read with. */
type Reading = { intake: ForwardIntake; unfinished: ByteBudget; sharedKey: string | undefined }

/**
 * Listens for Fluentd's forward protocol where ports are set.
 *
 * @throws {StartupError} when a port cannot be listened on, or TLS has no certificate
 */
export function openForward(config: ForwardConfig, options: ListenerOptions): Promise<Listener> {
  const { host, port: tcpPort, tlsPort, sharedKey } = config
  const intake = new ForwardIntake(options)
  const unfinished = new ByteBudget('forward_unfinished', UNFINISHED_BYTES, UNFINISHED_BYTES_OF_ONE)
  const connections = new Connections('forward')
  const open = async (port: number, variable: string): Promise<OpenPort> => {
    const files = {
      certificate: config.tlsCertificate,
      key: config.tlsKey,
      names: { port: variable, certificate: 'FORWARD_TLS_CERT', key: 'FORWARD_TLS_KEY' },
    }
    const certificate =
      variable === 'FORWARD_TLS_PORT'
        ? await LiveCertificate.open(files, { onNews: options.onCertificate })
        : undefined
    const at = { host, port, variable, hostVariable: 'FORWARD_HOST' }
    return openTcpPort({ ...at, certificate, connections }, (connection) => {
      new ForwardConnection(connection, { intake, unfinished, sharedKey })
    })
  }
  return openAll(
    [
      ['TCP', tcpPort, (port) => open(port, 'FORWARD_PORT')],
      ['TLS', tlsPort, (port) => open(port, 'FORWARD_TLS_PORT')],
    ],
    { budgets: [intake.budget, unfinished], connections, close: () => intake.close() },
  )
}

/** Reads a connection message by message: the next message is decoded when the one before is stored. */
class ForwardConnection {
  readonly #connection: Connection
  readonly #intake: ForwardIntake
  readonly #frames = new MsgpackFrames()
  readonly #lines: PartialLines
  readonly #hold: Hold
  readonly #gone = new AbortController()
  #handshake: ForwardHandshake | undefined
  #storesRest: NodeJS.Timeout | undefined
  #taking = Promise.resolve()
  #isTaking = false
  #hasEnded = false

  constructor(connection: Connection, { intake, unfinished, sharedKey }: Reading) {
    const { socket, sender } = connection
    this.#connection = connection
    this.#intake = intake
    this.#lines = intake.open()
    this.#hold = unfinished.open(sender)
    if (sharedKey !== undefined) {
      this.#handshake = new ForwardHandshake(sharedKey, hostname())
      socket.write(this.#handshake.helo())
    }
    socket.setTimeout(UNFINISHED_MS, () => {
      const isWaitedFor = this.#frames.heldBytes > 0 || this.#handshake !== undefined
      if (isWaitedFor && !socket.isPaused()) socket.destroy()
    })
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    // Arrives also while nothing is read; a client that has ended its side may still wait for an answer.
    socket.on('end', () => {
      this.#hasEnded = true
      if (!this.#isTaking) socket.end()
    })
    socket.on('close', () => this.#close())
  }

  #read(chunk: Buffer): void {
    const { socket, onData } = this.#connection
    onData()
    clearTimeout(this.#storesRest)
    let complete: Buffer[]
    try {
      complete = this.#frames.push(chunk)
    } catch {
      socket.destroy()
      return
    }
    if (!this.#hold.resize(complete.reduce((bytes, frame) => bytes + frame.length, this.#heldBytes))) {
      socket.destroy()
      return
    }
    if (complete.length === 0) return
    socket.pause()
    this.#isTaking = true
    this.#taking = this.#takeAll(complete)
  }

  get #heldBytes(): number {
    return this.#frames.heldBytes + this.#lines.heldBytes
  }

  async #takeAll(complete: readonly Buffer[]): Promise<void> {
    const { socket } = this.#connection
    const lines = this.#lines
    try {
      for (const frame of complete) await this.#take(frame)
      if (this.#gone.signal.aborted) return
      this.#isTaking = false
      if (this.#hasEnded) {
        socket.end()
        return
      }
      this.#hold.resize(this.#heldBytes)
      if (lines.heldBytes > 0)
        this.#storesRest = setTimeout(() => void this.#intake.storeRest(lines), REST_MS)
      socket.resume()
    } catch {
      // The message cannot be read, or was not stored: a sender without its acknowledgement sends it again.
      socket.destroySoon()
    }
  }

  async #take(frame: Buffer): Promise<void> {
    const { socket, sender } = this.#connection
    if (this.#handshake !== undefined) {
      const { isKnown, pong } = this.#handshake.answer(frame)
      if (!isKnown) {
        socket.end(pong)
        throw new Error('the sender does not know the shared key')
      }
      socket.write(pong)
      this.#handshake = undefined
      return
    }
    // A heartbeat of some senders.
    if (frame.length === 1 && frame[0] === NIL) return
    const gone = this.#gone.signal
    const chunk = await this.#intake.store(frame, { sender, gone, lines: this.#lines })
    if (chunk !== undefined && !gone.aborted) socket.write(encode({ ack: chunk }))
  }

  #close(): void {
    this.#gone.abort()
    this.#hold.release()
    clearTimeout(this.#storesRest)
    void Promise.allSettled([this.#taking]).then(() => this.#intake.end(this.#lines))
  }
}

const NIL = 0xc0
