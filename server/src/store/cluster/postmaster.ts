import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** The content of `postmaster.pid` of a running PostgreSQL. */
export type Postmaster = { pid: number; startedAt: Date; port: number; socketDirectory: string }

/** Until a fast shutdown has written what it must; then the server is stopped without. */
const FAST_SHUTDOWN_MS = 60_000
const IMMEDIATE_SHUTDOWN_MS = 10_000
const POLL_MS = 20

/**
 * The live server of the cluster, if there is one. The file of a dead server is removed: PostgreSQL takes any process
 * with its id for it, be it a zombie nobody waited for or a program that came after a restart of the machine.
 */
export function findPostmaster(cluster: string): Postmaster | undefined {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const [pid, , startedAt, port, socketDirectory = ''] = readFileSync(file, 'utf8').split('\n')
  const postmaster = {
    pid: Number(pid),
    startedAt: new Date(Number(startedAt) * 1000),
    port: Number(port),
    socketDirectory,
  }
  // Being written this moment.
  if (!(postmaster.pid > 0)) return undefined
  if (isPostgres(postmaster.pid)) return postmaster
  rmSync(file, { force: true })
  rmSync(join(socketDirectory, `.s.PGSQL.${port}.lock`), { force: true })
  return undefined
}

/**
 * Whether a PostgreSQL whose process cannot be seen from here takes connections: that of another container with the same
 * volume. Its id means nothing here, and both would write to the same files; its socket is in the folder they share.
 */
export async function isServedElsewhere(cluster: string): Promise<boolean> {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file)) return false
  const [pid, , , port, directory = ''] = readFileSync(file, 'utf8').split('\n')
  if (!port || directory === '' || isPostgres(Number(pid))) return false
  const socket = connect(join(directory, `.s.PGSQL.${port}`))
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Ends the server, sessions and all, and waits until it is gone. Nothing committed is lost either way. */
export async function stopPostmaster(pid: number): Promise<void> {
  if (await endWith('SIGINT', pid, FAST_SHUTDOWN_MS)) return
  if (await endWith('SIGQUIT', pid, IMMEDIATE_SHUTDOWN_MS)) return
  await endWith('SIGKILL', pid, IMMEDIATE_SHUTDOWN_MS)
}

async function endWith(signal: NodeJS.Signals, pid: number, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs
  if (!send(pid, signal)) return true
  while (Date.now() < deadline) {
    if (!isAlive(pid)) return true
    await delay(POLL_MS)
  }
  return false
}

/** Sends the signal; false when the process does not exist. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function isAlive(pid: number): boolean {
  if (!send(pid, 0)) return false
  // A zombie has ended; only its parent has not asked yet.
  return !/^\d+ \(.*\) Z/.test(procFile(pid, 'stat'))
}

/** A process id is used again after a restart of the machine, so a living process may be any other. */
function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false
  const command = procFile(pid, 'cmdline')
  return command === '' || command.includes('postgres')
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    // No /proc (macOS), or gone this moment.
    return ''
  }
}
