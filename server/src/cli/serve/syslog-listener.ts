import { ByteBudget } from '../../byte-budget.ts'
import type { SyslogConfig } from '../../config.ts'
import { SyslogFrames } from '../../ingest/syslog/syslog-frames.ts'
import { zoneClock } from '../../ingest/time-zone.ts'
import { type SyslogConnection, SyslogIntake } from '../../service/ingest/syslog-intake.ts'
import { LiveCertificate } from './certificate.ts'
import { Connections } from './connections.ts'
import { type Listener, type ListenerOptions, openAll } from './listener.ts'
import { type MessageIntake, type OpenPort, openTcpPort, openUdpPort, receiveMessages } from './ports.ts'

export type SyslogListener = Listener

/** The bytes that connections hold of incomplete messages: at most a message of 264 kB each. */
const UNFINISHED_BYTES = 24 * 1024 * 1024
const UNFINISHED_BYTES_OF_ONE = 8 * 1024 * 1024

/**
 * Listens for syslog where ports are set.
 *
 * @throws {StartupError} when a port cannot be listened on, or TLS has no certificate
 */
export async function openSyslog(
  config: SyslogConfig,
  { ingest, onTrouble, onCertificate }: ListenerOptions,
): Promise<Listener> {
  const intake = new SyslogIntake({
    ...{ ingest, onTrouble },
    cameras: config.cameras,
    clock: zoneClock(config.timezone),
  })
  const unfinished = new ByteBudget('syslog_unfinished', UNFINISHED_BYTES, UNFINISHED_BYTES_OF_ONE)
  const connections = new Connections('syslog')
  const { host, udpPort, tcpPort, tlsPort } = config
  const at = (port: number, variable: string) => ({ host, port, variable, hostVariable: 'SYSLOG_HOST' })
  const stream = async (port: number, kind: 'TCP' | 'TLS'): Promise<OpenPort> => {
    const variable = `SYSLOG_${kind}_PORT`
    const certificate =
      kind === 'TLS' ? await LiveCertificate.open(filesOf(config), { onNews: onCertificate }) : undefined
    return openTcpPort({ ...at(port, variable), certificate, connections }, (connection) => {
      const frames = new SyslogFrames()
      receiveMessages(connection, {
        frames,
        intake: withCuts(intake.open(connection.sender), frames),
        unfinished,
      })
    })
  }
  return openAll(
    [
      ['UDP', udpPort, (port) => openUdpPort(at(port, 'SYSLOG_UDP_PORT'), (...one) => intake.take(...one))],
      ['TCP', tcpPort, (port) => stream(port, 'TCP')],
      ['TLS', tlsPort, (port) => stream(port, 'TLS')],
    ],
    { budgets: [intake.budget, unfinished], connections, close: () => intake.close() },
  )
}

/** The intake of a connection, which adds to each message by how much it was cut. */
function withCuts(intake: SyslogConnection, frames: SyslogFrames): MessageIntake {
  return {
    take: (message, sender) => intake.take(message, sender, frames.cutBytes(message)),
    takeInTurn: (message, sender, signal) =>
      intake.takeInTurn(message, sender, signal, frames.cutBytes(message)),
    end: intake.end,
  }
}

function filesOf({ tlsCertificate, tlsKey }: SyslogConfig) {
  const names = { port: 'SYSLOG_TLS_PORT', certificate: 'SYSLOG_TLS_CERT', key: 'SYSLOG_TLS_KEY' }
  return { certificate: tlsCertificate, key: tlsKey, names }
}
