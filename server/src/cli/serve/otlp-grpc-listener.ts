import type { AddressInfo, Server, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { OtlpGrpcConfig } from '../../config.ts'
import { otlpGrpcServer } from '../../http/protocols/otlp-grpc.ts'
import { LiveCertificate, type SecureServer } from './certificate.ts'
import { Connections } from './connections.ts'
import type { Listener, ListenerOptions } from './listener.ts'
import { listenOn, placeOf, senderOf, written } from './ports.ts'

/**
 * Listens for OTLP over gRPC when its port is set; its messages go through the routes of `app`.
 *
 * @throws {StartupError} when the port cannot be listened on, or its certificate cannot be read
 */
export async function openOtlpGrpc(
  config: OtlpGrpcConfig,
  app: FastifyInstance,
  { onCertificate }: Pick<ListenerOptions, 'onCertificate'> = {},
): Promise<Listener> {
  const { host, port, tlsCertificate, tlsKey } = config
  if (port === undefined)
    return { addresses: [], budgets: [], connections: undefined, close: async () => undefined }
  const isSecure = tlsCertificate !== undefined || tlsKey !== undefined
  const names = { port: 'OTLP_GRPC_PORT', certificate: 'OTLP_GRPC_TLS_CERT', key: 'OTLP_GRPC_TLS_KEY' }
  const files = { certificate: tlsCertificate, key: tlsKey, names }
  const certificate = isSecure ? await LiveCertificate.open(files, { onNews: onCertificate }) : undefined
  const { server, budgets, close } = otlpGrpcServer(app, certificate)
  certificate?.serve(server as unknown as SecureServer)
  const connections = new Connections('otlp_grpc')
  const known = new Map<string, () => void>()
  server.on('connection', (socket: Socket) => {
    const key = placeOf(socket)
    known.set(key, connections.add(socket, senderOf(socket)))
    socket.once('close', () => known.delete(key))
  })
  server.on('stream', ({ session }) => known.get(session === undefined ? '' : placeOf(session.socket))?.())
  const variables = { variable: 'OTLP_GRPC_PORT', hostVariable: 'OTLP_GRPC_HOST' }
  await listenOn(server as unknown as Server, { host, port, ...variables })
  return {
    addresses: [`${isSecure ? 'TLS' : 'TCP'} ${written(server.address() as AddressInfo)}`],
    budgets,
    connections,
    close: async () => {
      close()
      connections.endAll()
      await certificate?.close()
    },
  }
}
