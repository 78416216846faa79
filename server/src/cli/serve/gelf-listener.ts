import { ByteBudget } from '../../byte-budget.ts'
import type { GelfConfig } from '../../config.ts'
import { GelfFrames } from '../../ingest/gelf/gelf-frames.ts'
import { GelfIntake } from '../../service/ingest/gelf-intake.ts'
import { Connections } from './connections.ts'
import { type Listener, type ListenerOptions, openAll } from './listener.ts'
import { openTcpPort, openUdpPort, receiveMessages } from './ports.ts'

/** Bytes of messages whose end has not come: a connection holds at most one of 512 kB. */
const UNFINISHED_BYTES = 24 * 1024 * 1024
const UNFINISHED_BYTES_OF_ONE = 8 * 1024 * 1024

/**
 * Listens for GELF where ports are set.
 *
 * @throws {StartupError} when a port cannot be listened on
 */
export function openGelf(
  { host, udpPort, tcpPort }: GelfConfig,
  options: ListenerOptions,
): Promise<Listener> {
  const intake = new GelfIntake(options)
  const unfinished = new ByteBudget('gelf_unfinished', UNFINISHED_BYTES, UNFINISHED_BYTES_OF_ONE)
  const connections = new Connections('gelf')
  const at = (port: number, variable: string) => ({ host, port, variable, hostVariable: 'GELF_HOST' })
  return openAll(
    [
      [
        'UDP',
        udpPort,
        (port) => openUdpPort(at(port, 'GELF_UDP_PORT'), (...one) => intake.takeDatagram(...one)),
      ],
      [
        'TCP',
        tcpPort,
        (port) =>
          openTcpPort({ ...at(port, 'GELF_TCP_PORT'), connections }, (connection) =>
            receiveMessages(connection, { frames: new GelfFrames(), intake, unfinished }),
          ),
      ],
    ],
    { budgets: [...intake.budgets, unfinished], connections, close: () => intake.close() },
  )
}
