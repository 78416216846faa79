import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.ts'
import { errorCode, StartupError } from '../../startup-error.ts'

/** @throws {StartupError} when nothing can listen there now */
export async function checkPort({ host, port }: Config): Promise<void> {
  const server = createServer()
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (cause) {
    throw failure(host, port, cause)
  } finally {
    await server[Symbol.asyncDispose]().catch(() => undefined)
  }
}

/** Starts to take requests; returns the address as one types it into a browser on this machine. */
export async function listen(app: FastifyInstance, { host, port, tls }: Config): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    throw failure(host, port, cause)
  }
  return urlOf(app.server.address() as AddressInfo, tls === undefined ? 'http' : 'https')
}

function failure(host: string, port: number, cause: unknown): StartupError {
  const sentence = FAILURES[errorCode(cause)]?.(host, port) ?? unexpected(host, port, cause)
  return new StartupError(sentence, { cause })
}

const FAILURES: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `Port ${port} on ${host} is in use, perhaps by another Timelapser Logs. Stop the program that uses it, or use another port: PORT=${port + 1}.`,
  EACCES: (_host, port) =>
    `Port ${port} requires more rights than this user has. Set PORT to a port above 1023.`,
  EADDRNOTAVAIL: (host) =>
    `${host} is not an address of this machine. Set HOST to one of its addresses, or to 0.0.0.0 for all.`,
  ENOTFOUND: (host) => `The name ${host} has no address. Set HOST to an address of this machine.`,
}

function unexpected(host: string, port: number, cause: unknown): string {
  return `Listening on ${host}:${port} failed (${cause instanceof Error ? cause.message : cause}). Set HOST and PORT to an address and a port that are available.`
}

function urlOf({ address, port, family }: AddressInfo, scheme: 'http' | 'https'): string {
  const isLocal = ['0.0.0.0', '::', '127.0.0.1', '::1'].includes(address)
  const host = isLocal ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return `${scheme}://${host}:${port}`
}
