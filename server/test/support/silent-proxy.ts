import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

/** A connection to PostgreSQL that can fall silent as a network does: without any error, nothing comes through. */
export type SilentProxy = {
  port: number
  /** From now on answers are lost; and what is asked too, unless `answersAlone`. */
  silence(answersAlone: boolean): void
  /** New connections come through again; those that were silent stay so. */
  speak(): void
  close(): void
}

/** @param database where it listens: a folder of sockets, or a host */
export async function startSilentProxy(database: { host: string; port: number }): Promise<SilentProxy> {
  const sockets = new Set<Socket>()
  let lost: 'nothing' | 'answers' | 'everything' = 'nothing'
  const server = createServer((near) => {
    sockets.add(near)
    near.on('error', () => undefined)
    near.on('close', () => sockets.delete(near))
    // A packet into the dark: the kernel takes the connection, nobody answers.
    if (lost !== 'nothing') return
    const far = database.host.startsWith('/')
      ? createConnection(join(database.host, `.s.PGSQL.${database.port}`))
      : createConnection(database.port, database.host)
    sockets.add(far)
    let isDark = false
    near.on('data', (bytes) => {
      if (lost !== 'everything' && !(isDark && lost === 'nothing')) far.write(bytes)
      else isDark = true
    })
    far.on('data', (bytes) => {
      if (lost === 'nothing' && !isDark) near.write(bytes)
      else isDark = true
    })
    far.on('error', () => near.destroy())
    near.on('close', () => far.end())
    far.on('close', () => {
      sockets.delete(far)
      if (!isDark) near.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    silence: (answersAlone) => {
      lost = answersAlone ? 'answers' : 'everything'
    },
    speak: () => {
      lost = 'nothing'
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
