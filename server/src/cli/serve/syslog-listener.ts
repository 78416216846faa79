import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { SyslogConfig } from '../../config.ts'
import { SyslogFrames } from '../../ingest/syslog/syslog-frames.ts'
import { zoneClock } from '../../ingest/time-zone.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { SyslogIntake } from '../../service/ingest/syslog-intake.ts'
import { errorCode, StartupError } from '../../startup-error.ts'

export type SyslogListener = {
  /** Where it listens, like `UDP 127.0.0.1:514`; empty when no port is set. */
  addresses: string[]
  /** Takes no more and stores what came. */
  close: () => Promise<void>
}

/** Connections at a time; each holds at most one message. */
const MAX_CONNECTIONS = 1000
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
      const sockets = new Set<Socket>()
      const server =
        kind === 'TCP'
          ? createServer()
          : createTlsServer({ ...(await readCertificate(config)), minVersion: 'TLSv1.2' })
      server.on(kind === 'TCP' ? 'connection' : 'secureConnection', (socket: Socket) => {
        sockets.add(socket.on('close', () => sockets.delete(socket)))
        receive(socket, intake)
      })
      await listenTcp(server, config.host, port, `SYSLOG_${kind}_PORT`)
      addresses.push(`${kind} ${written(server.address() as AddressInfo)}`)
      closers.push(async () => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
    }
  } catch (error) {
    for (const close of closers) await close()
    throw error
  }
  return {
    addresses,
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
  server.maxConnections = MAX_CONNECTIONS
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (cause) {
    throw notListening(name, host, port, cause)
  }
}

function receive(socket: Socket, intake: SyslogIntake): void {
  const sender = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  const frames = new SyslogFrames()
  socket.setKeepAlive(true, 60_000)
  socket.on('data', (chunk: Buffer) => {
    for (const message of frames.push(chunk)) intake.take(message, sender)
    const room = intake.room()
    if (room === undefined) return
    socket.pause()
    void room.then(() => socket.resume())
  })
  socket.on('close', () => {
    for (const message of frames.end()) intake.take(message, sender)
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
