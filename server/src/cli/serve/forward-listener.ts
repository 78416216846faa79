import { hostname } from 'node:os'
import { encode } from '@msgpack/msgpack'
import { ByteBudget } from '../../byte-budget.ts'
import type { ForwardConfig } from '../../config.ts'
import { MsgpackFrames } from '../../ingest/fluent/msgpack-frames.ts'
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
    return openTcpPort({ ...at, certificate, connections }, (connection) =>
      receive(connection, { intake, unfinished, sharedKey }),
    )
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
function receive({ socket, sender, onData }: Connection, { intake, unfinished, sharedKey }: Reading): void {
  const frames = new MsgpackFrames()
  const hold = unfinished.open(sender)
  const gone = new AbortController()
  const lines = intake.open()
  let storesRest: NodeJS.Timeout | undefined
  let handshake = sharedKey === undefined ? undefined : new ForwardHandshake(sharedKey, hostname())
  if (handshake !== undefined) socket.write(handshake.helo())

  let taking = Promise.resolve()
  let isTaking = false
  let hasEnded = false

  const take = async (frame: Buffer): Promise<void> => {
    if (handshake !== undefined) {
      const { isKnown, pong } = handshake.answer(frame)
      if (!isKnown) {
        socket.end(pong)
        throw new Error('the sender does not know the shared key')
      }
      socket.write(pong)
      handshake = undefined
      return
    }
    // A heartbeat of some senders.
    if (frame.length === 1 && frame[0] === NIL) return
    const chunk = await intake.store(frame, { sender, gone: gone.signal, lines })
    if (chunk !== undefined && !gone.signal.aborted) socket.write(encode({ ack: chunk }))
  }
  const takeAll = async (complete: readonly Buffer[]) => {
    try {
      for (const frame of complete) await take(frame)
      if (gone.signal.aborted) return
      isTaking = false
      if (hasEnded) {
        socket.end()
        return
      }
      hold.resize(frames.heldBytes + lines.heldBytes)
      if (lines.heldBytes > 0) storesRest = setTimeout(() => void intake.storeRest(lines), REST_MS)
      socket.resume()
    } catch {
      // The message cannot be read, or was not stored: a sender without its acknowledgement sends it again.
      socket.destroySoon()
    }
  }
  socket.setTimeout(UNFINISHED_MS, () => {
    const isWaitedFor = frames.heldBytes > 0 || handshake !== undefined
    if (isWaitedFor && !socket.isPaused()) socket.destroy()
  })
  socket.on('data', (chunk: Buffer) => {
    onData()
    clearTimeout(storesRest)
    let complete: Buffer[]
    try {
      complete = frames.push(chunk)
    } catch {
      socket.destroy()
      return
    }
    const waiting = complete.reduce(
      (bytes, frame) => bytes + frame.length,
      frames.heldBytes + lines.heldBytes,
    )
    if (!hold.resize(waiting)) {
      socket.destroy()
      return
    }
    if (complete.length === 0) return
    socket.pause()
    isTaking = true
    taking = takeAll(complete)
  })
  // Arrives also while nothing is read; a client that has ended its side may still wait for an answer.
  socket.on('end', () => {
    hasEnded = true
    if (!isTaking) socket.end()
  })
  socket.on('close', () => {
    gone.abort()
    hold.release()
    clearTimeout(storesRest)
    void Promise.allSettled([taking]).then(() => intake.end(lines))
  })
}

const NIL = 0xc0
