import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { ByteBudget } from '../../byte-budget.ts'
import type { SyslogConfig } from '../../config.ts'
import { SyslogFrames } from '../../ingest/syslog/syslog-frames.ts'
import { zoneClock } from '../../ingest/time-zone.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { SyslogIntake } from '../../service/ingest/syslog-intake.ts'
import { errorCode, StartupError } from '../../startup-error.ts'
import { MAX_CONNECTIONS, SyslogConnections } from './syslog-connections.ts'

export type SyslogListener = {
  /** Where it listens, like `UDP 127.0.0.1:514`; empty when no port is set. */
  addresses: string[]
  /** What bounds its memory. */
  budgets: readonly ByteBudget[]
  /** Takes no more and stores what came. */
  close: () => Promise<void>
}

/** What connections hold of messages whose end has not come: each at most one of 264 kB. */
const UNFINISHED_BYTES = 24 * 1024 * 1024
const UNFINISHED_BYTES_OF_ONE = 8 * 1024 * 1024
/** A message whose rest takes longer to come never comes. */
const UNFINISHED_MS = 60_000
/** Over TLS a connection costs more before it says anything. */
const HANDSHAKE_MS = 10_000
/** Beyond those that `SyslogConnections` keeps: while one is being ended, another may come. */
const MORE_CONNECTIONS = 50
/** The kernel holds datagrams while we are busy; it gives as much of this as it is allowed to. */
const UDP_BUFFER_BYTES = 2 * 1024 * 1024

/**
 * Listens for syslog where ports are set.
 *
 * @throws {StartupError} when a port cannot be listened on, or TLS has no certificate
 */
export async function openSyslog(
  config: SyslogConfig,
  { ingest, onTrouble }: { ingest: IngestService; onTrouble: (error: unknown) => void },
): Promise<SyslogListener> {
  const intake = new SyslogIntake({
    ...{ ingest, onTrouble },
    cameras: config.cameras,
    clock: zoneClock(config.timezone),
  })
  const unfinished = new ByteBudget('syslog_unfinished', UNFINISHED_BYTES, UNFINISHED_BYTES_OF_ONE)
  const connections = new SyslogConnections()
  const addresses: string[] = []
  const closers: (() => Promise<void>)[] = []
  try {
    if (config.udpPort !== undefined) {
      const udp = await listenUdp(config, config.udpPort, intake)
      addresses.push(`UDP ${written(udp.address())}`)
      closers.push(async () => void (await Promise.all([once(udp, 'close'), udp.close()])))
    }
    for (const [kind, port] of [
      ['TCP', config.tcpPort],
      ['TLS', config.tlsPort],
    ] as const) {
      if (port === undefined) continue
      const server =
        kind === 'TCP'
          ? createServer()
          : createTlsServer({
              ...(await readCertificate(config)),
              minVersion: 'TLSv1.2',
              handshakeTimeout: HANDSHAKE_MS,
            })
      // Over TLS this is the connection below, so that one that never says who it is counts as well.
      const known = new Map<string, { socket: Socket; onData: () => void }>()
      server.on('connection', (socket: Socket) => {
        const key = placeOf(socket)
        known.set(key, { socket, onData: connections.add(socket, senderOf(socket)) })
        socket.once('close', () => known.delete(key))
      })
      server.on(kind === 'TCP' ? 'connection' : 'secureConnection', (socket: Socket) => {
        const below = known.get(placeOf(socket))
        socket.once('close', () => below?.socket.destroy())
        receive(socket, { intake, unfinished, onData: below?.onData })
      })
      await listenTcp(server, config.host, port, `SYSLOG_${kind}_PORT`)
      addresses.push(`${kind} ${written(server.address() as AddressInfo)}`)
      closers.push(async () => {
        server.close()
        connections.endAll()
      })
    }
  } catch (error) {
    for (const close of closers) await close()
    throw error
  }
  return {
    addresses,
    budgets: [intake.budget, unfinished],
    close: async () => {
      for (const close of closers) await close()
      await intake.close()
    },
  }
}

async function listenUdp({ host }: SyslogConfig, port: number, intake: SyslogIntake): Promise<UdpSocket> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: UDP_BUFFER_BYTES })
  socket.on('message', (message, { address }) => intake.take(message, address))
  try {
    socket.bind(port, host)
    await once(socket, 'listening')
  } catch (cause) {
    throw notListening('SYSLOG_UDP_PORT', host, port, cause)
  }
  return socket
}

async function listenTcp(server: Server, host: string, port: number, name: string): Promise<void> {
  server.maxConnections = MAX_CONNECTIONS + MORE_CONNECTIONS
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (cause) {
    throw notListening(name, host, port, cause)
  }
}

function senderOf({ remoteAddress = '' }: Socket): string {
  return remoteAddress.replace(/^::ffff:/, '')
}

function placeOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

type Receiver = { intake: SyslogIntake; unfinished: ByteBudget; onData: (() => void) | undefined }

/** Reads a connection no faster than there is room for its messages. */
function receive(socket: Socket, { intake, unfinished, onData }: Receiver): void {
  const sender = senderOf(socket)
  const frames = new SyslogFrames()
  const hold = unfinished.open(sender)
  const ended = new AbortController()
  const takeAll = async (messages: readonly Buffer[]) => {
    for (const message of messages) {
      // What was read before the connection broke is not waited with.
      if (ended.signal.aborted) intake.take(message, sender)
      else await intake.takeInTurn(message, sender, ended.signal).catch(() => intake.take(message, sender))
    }
    socket.resume()
  }
  socket.setKeepAlive(true, 60_000)
  socket.setTimeout(UNFINISHED_MS, () => {
    if (frames.heldBytes > 0 && !socket.isPaused()) socket.destroy()
  })
  socket.on('data', (chunk: Buffer) => {
    onData?.()
    const messages = frames.push(chunk)
    if (!hold.resize(frames.heldBytes)) socket.destroy()
    if (messages.length === 0) return
    socket.pause()
    void takeAll(messages)
  })
  socket.on('close', () => {
    hold.release()
    const rest = frames.end()
    for (const message of rest) intake.take(message, sender)
    ended.abort()
  })
  // A sender that resets its connection is no trouble of ours; 'close' follows.
  socket.on('error', () => undefined)
}

async function readCertificate({
  tlsCertificate,
  tlsKey,
}: SyslogConfig): Promise<{ cert: Buffer; key: Buffer }> {
  if (tlsCertificate === undefined || tlsKey === undefined) {
    throw new StartupError(
      'SYSLOG_TLS_PORT needs a certificate. Set SYSLOG_TLS_CERT and SYSLOG_TLS_KEY to files in PEM form.',
    )
  }
  const read = (name: string, path: string) =>
    readFile(path).catch((cause: unknown) => {
      throw new StartupError(`${name} cannot be read: ${path} (${errorCode(cause)}).`, { cause })
    })
  return { cert: await read('SYSLOG_TLS_CERT', tlsCertificate), key: await read('SYSLOG_TLS_KEY', tlsKey) }
}

function notListening(name: string, host: string, port: number, cause: unknown): StartupError {
  const hint = errorCode(cause) === 'EACCES' ? 'Ports below 1024 need more rights; set' : 'Set'
  return new StartupError(
    `Syslog cannot listen on ${host}:${port} (${errorCode(cause)}). ${hint} ${name} or SYSLOG_HOST to something else.`,
    { cause },
  )
}

function written({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}
