import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Names the thread that holds a folder of a spool. Node has no lock that ends with its holder, so the name says enough
 * to find out whether the holder still runs.
 */
export type Holder = {
  /** Differs for each folder that is held. */
  id: string
  /** The running kernel and its namespace of process ids: the same id in two containers is two processes. */
  machine: string
  pid: number
  thread: number
  /** When the thread started, in ticks since the boot: a process id may be used again. */
  started: string
}

/** `unknown`: it runs on another machine or in another container, or this platform gives no answer. */
export type Fate = 'runs' | 'ended' | 'unknown'

const UNTOLD = '-'
const NAME = /^held\.([0-9a-f]{16})\.([0-9a-f]{16})\.(\d+)\.(\d+)\.(\d+|-)$/

/** A new name for the calling thread. */
export function newHolder(): Holder {
  const { thread, started } = callingThread()
  return { id: randomBytes(8).toString('hex'), machine: machine(), pid: process.pid, thread, started }
}

/** The name of the file that says who holds a folder. One rename hands the folder over, together with all facts. */
export function nameOf({ id, machine, pid, thread, started }: Holder): string {
  return `held.${id}.${machine}.${pid}.${thread}.${started}`
}

/** Undefined when the name is not that of a holder. */
export function parseHolder(name: string): Holder | undefined {
  const [, id, machine, pid, thread, started] = NAME.exec(name) ?? []
  if (!id || !machine || !started) return undefined
  return { id, machine, pid: Number(pid), thread: Number(thread), started }
}

/** Finds out whether a holder still runs, as far as this process can see. */
export function fateOf({ machine: theirs, pid, thread, started }: Holder): Fate {
  if (theirs !== machine()) return 'unknown'
  if (!isRunning(pid)) return 'ended'
  if (started === UNTOLD) return 'unknown'
  const process = statOf(`/proc/${pid}/stat`)
  // The system hides processes of other users.
  if (!process) return 'unknown'
  if (process.isDead) return 'ended'
  return statOf(`/proc/${pid}/task/${thread}/stat`)?.started === started ? 'runs' : 'ended'
}

let ownMachine: string | undefined

function machine(): string {
  ownMachine ??= createHash('sha256').update(machineFacts()).digest('hex').slice(0, 16)
  return ownMachine
}

function machineFacts(): string {
  if (process.platform !== 'linux') return `${process.platform} ${hostname()}`
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    // Containers may share a host name. A machine that cannot be identified shares process ids with none.
    return randomBytes(16).toString('hex')
  }
}

function callingThread(): { thread: number; started: string } {
  // Node runs synchronous calls on the thread that makes them.
  const { id = 0, started = UNTOLD } = statOf('/proc/thread-self/stat') ?? {}
  return { thread: id, started }
}

function statOf(path: string): { id: number; isDead: boolean; started: string } | undefined {
  try {
    const facts = readFileSync(path, 'utf8')
    // The name in parentheses may hold anything; the state follows it, and the start is 19 fields further on.
    const fields = facts.slice(facts.lastIndexOf(')') + 2).split(' ')
    const isDead = fields[0] === 'Z' || fields[0] === 'X'
    return { id: Number.parseInt(facts, 10), isDead, started: fields[19] ?? UNTOLD }
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
