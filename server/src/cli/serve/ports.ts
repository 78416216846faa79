// Ports beside the HTTP port: their listeners, their limits of connections, and how they are read.
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls'
import type { ByteBudget } from '../../byte-budget.ts'
import { errorCode, StartupError } from '../../startup-error.ts'
import { type LiveCertificate, MIN_VERSION } from './certificate.ts'
import { type Connections, MAX_CONNECTIONS } from './connections.ts'

/** Where one port is, and how the variables that say so are called. */
export type PortOptions = { host: string; port: number; variable: string; hostVariable: string }

/** A port that is listened on. */
export type OpenPort = { address: AddressInfo; close: () => Promise<void> }

/** A connection as its reader gets it. */
export type Connection = {
  socket: Socket
  /** Address of the other side. */
  sender: string
  /** To be called when it said something. */
  onData: () => void
  /** Aborted when the port closes: nothing waits any more. */
  closing: AbortSignal
}

/** A message whose rest takes longer to come never comes. */
export const UNFINISHED_MS = 60_000
/** A sender that ends its side may still wait for an answer: the reader of a connection ends it. */
const OPTIONS = { allowHalfOpen: true }
/** Over TLS a connection costs more before it says anything. */
const HANDSHAKE_MS = 10_000
/** Beyond the limit of `Connections`: while a connection is being ended, another may come. */
const MORE_CONNECTIONS = 50
/** The kernel holds datagrams while we are busy; it gives as much of this as it is allowed to. */
const UDP_BUFFER_BYTES = 2 * 1024 * 1024

/** @throws {StartupError} when it cannot be listened on */
export async function openUdpPort(
  options: PortOptions,
  onMessage: (message: Buffer, sender: string) => void,
): Promise<OpenPort> {
  const { host, port } = options
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: UDP_BUFFER_BYTES })
  socket.on('message', (message, { address }) => onMessage(message, address))
  try {
    socket.bind(port, host)
    await once(socket, 'listening')
  } catch (cause) {
    throw notListening(options, cause)
  }
  return { address: socket.address(), close: () => closeUdp(socket) }
}

/**
 * Takes connections, over TLS when there is a certificate, each of them within the bounds of `connections`.
 *
 * @throws {StartupError} when it cannot be listened on
 */
export async function openTcpPort(
  options: PortOptions & { certificate?: LiveCertificate | undefined; connections: Connections },
  onConnection: (connection: Connection) => void,
): Promise<OpenPort> {
  const { certificate, connections } = options
  const server =
    certificate === undefined
      ? createServer(OPTIONS)
      : createTlsServer({
          ...{ cert: certificate.cert, key: certificate.key, ...OPTIONS },
          ...{ minVersion: MIN_VERSION, handshakeTimeout: HANDSHAKE_MS },
        })
  if (server instanceof TlsServer) certificate?.serve(server)
  // Over TLS this is the connection below, so that a connection without a handshake counts as well.
  const known = new Map<string, { socket: Socket; onData: () => void }>()
  const closing = new AbortController()
  server.on('connection', (socket: Socket) => {
    const key = placeOf(socket)
    known.set(key, { socket, onData: connections.add(socket, senderOf(socket)) })
    socket.once('close', () => known.delete(key))
  })
  server.on(certificate === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    const below = known.get(placeOf(socket))
    socket.once('close', () => below?.socket.destroy())
    // A sender that resets its connection is no trouble of ours; 'close' follows.
    socket.on('error', () => undefined)
    socket.setKeepAlive(true, 60_000)
    const onData = () => below?.onData()
    onConnection({ socket, sender: senderOf(socket), onData, closing: closing.signal })
  })
  await listenOn(server, options)
  return {
    address: server.address() as AddressInfo,
    close: async () => {
      server.close()
      closing.abort()
      connections.endAll()
      await certificate?.close()
    },
  }
}

/** @throws {StartupError} when it cannot be listened on */
export async function listenOn(server: Server, options: PortOptions): Promise<void> {
  const { host, port } = options
  server.maxConnections = MAX_CONNECTIONS + MORE_CONNECTIONS
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (cause) {
    throw notListening(options, cause)
  }
}

/** Cuts a stream into messages and holds what has no end yet. */
export type Frames = {
  readonly heldBytes: number
  push: (chunk: Buffer) => Buffer[]
  /** The rest when the connection ends. */
  end: () => Buffer[]
}

/** Where the messages of a connection go. */
export type MessageIntake = {
  take: (message: Buffer, sender: string) => void
  takeInTurn: (message: Buffer, sender: string, signal: AbortSignal) => Promise<void>
  /** Called when the connection ended, where the intake belongs to a connection. */
  end?: () => void
}

/**
 * Reads a connection no faster than there is room for its messages. Messages that were read before it ended wait for their
 * room all the same, as many as are within the bounds of `unfinished`.
 */
export function receiveMessages(
  { socket, sender, onData, closing }: Connection,
  { frames, intake, unfinished }: { frames: Frames; intake: MessageIntake; unfinished: ByteBudget },
): void {
  const hold = unfinished.open(sender)
  const crowdedOut = new AbortController()
  const signal = AbortSignal.any([crowdedOut.signal, closing])
  let waitingBytes = 0
  let taking = Promise.resolve()
  const takeAll = async (messages: readonly Buffer[]) => {
    for (const message of messages) {
      if (signal.aborted) intake.take(message, sender)
      else await intake.takeInTurn(message, sender, signal).catch(() => intake.take(message, sender))
      waitingBytes -= message.length
    }
    socket.resume()
  }
  socket.on('end', () => socket.end())
  socket.setTimeout(UNFINISHED_MS, () => {
    if (frames.heldBytes > 0 && !socket.isPaused()) socket.destroy()
  })
  socket.on('data', (chunk: Buffer) => {
    onData()
    const messages = frames.push(chunk)
    if (!hold.resize(frames.heldBytes)) socket.destroy()
    if (messages.length === 0) return
    socket.pause()
    waitingBytes = bytesOf(messages)
    taking = takeAll(messages)
  })
  socket.on('close', () => {
    const rest = frames.end()
    waitingBytes += bytesOf(rest)
    if (!hold.resize(waitingBytes)) crowdedOut.abort()
    void taking
      .then(() => takeAll(rest))
      .then(() => {
        hold.release()
        intake.end?.()
      })
  })
}

function bytesOf(messages: readonly Buffer[]): number {
  return messages.reduce((sum, { length }) => sum + length, 0)
}

/** The address of the other side, an IPv4 address without its IPv6 prefix. */
export function senderOf({ remoteAddress = '' }: Socket): string {
  return remoteAddress.replace(/^::ffff:/, '')
}

/** Like `127.0.0.1:514`. */
export function written({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

/** Identifies a connection among all that are open at its port. */
export function placeOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`
}

async function closeUdp(socket: UdpSocket): Promise<void> {
  await Promise.all([once(socket, 'close'), socket.close()])
}

function notListening({ host, port, variable, hostVariable }: PortOptions, cause: unknown): StartupError {
  const hint = errorCode(cause) === 'EACCES' ? 'Ports below 1024 require more rights; set' : 'Set'
  return new StartupError(
    `Listening on ${host}:${port} for ${variable} failed (${errorCode(cause)}). ${hint} ${variable} or ${hostVariable} to something else.`,
    { cause },
  )
}
