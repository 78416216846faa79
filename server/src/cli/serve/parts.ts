// The modules that `serve` loads once it knows that it can start.
export { NO_PAGE } from '../../http/page.ts'
export { Metrics } from '../../service/metrics.ts'
export { openAccess } from './access.ts'
export { composeSystem } from './compose.ts'
export { openSystemLog } from './system-log.ts'

import type { Config } from '../../config.ts'
import type { System } from './compose.ts'
import { openForward } from './forward-listener.ts'
import { openGelf } from './gelf-listener.ts'
import type { Listener, ListenerOptions } from './listener.ts'
import { openOtlpGrpc } from './otlp-grpc-listener.ts'
import { openSyslog } from './syslog-listener.ts'

export type Port = [name: string, job: string, open: (options: ListenerOptions) => Promise<Listener>]

/** The ways in with ports of their own: the name, the job in the log, and the function that opens the ports. */
export function portsOf(
  { roles, syslog, gelf, forward, otlpGrpc }: Config,
  { app }: Pick<System, 'app'>,
): Port[] {
  if (!roles.has('ingest')) return []
  return [
    ['Syslog', 'syslog', (options) => openSyslog(syslog, options)],
    ['GELF', 'gelf', (options) => openGelf(gelf, options)],
    ['The forward protocol', 'forward', (options) => openForward(forward, options)],
    ['OTLP over gRPC', 'otlp', (options) => openOtlpGrpc(otlpGrpc, app, options)],
  ]
}
