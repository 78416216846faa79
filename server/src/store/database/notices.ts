import { EventEmitter } from 'node:events'
import type pg from 'pg'
import { DoublingPause } from '../../doubling-pause.ts'
import { endSilent, socketOf } from './silent-connections.ts'

/**
 * Notices between servers on the same database. A notice is a hint: a server that misses a notice checks every two
 * seconds.
 */
const CHANNELS = [
  'log_feed',
  'log_partitions',
  'cameras',
  'settings',
  'levels',
  'api_keys',
  'sessions',
  'log_events',
  'log_bursts',
  'log_packing',
  'alerts',
] as const
export type Channel = (typeof CHANNELS)[number]

/** Informs every server on the database; at most 8,000 bytes. */
export async function notify(pool: pg.Pool, channel: Channel, payload: string): Promise<void> {
  await pool.query({ name: 'notify', text: 'select pg_notify($1, $2)', values: [channel, payload] })
}

const RETRY_MS = 500
const MAX_RETRY_MS = 5000

/** How often the database is asked for a sign of life, and how long it may take to give it. */
const HEARTBEAT_MS = 15_000
const ANSWER_MS = 5000

/**
 * When the database answers again on a new connection, the old connections may still be dead: a connection that misses
 * this many heartbeats is ended. No statement that somebody waits for takes as long.
 */
const PATIENCE = 6

export type NoticesOptions = {
  /** A connection of its own: LISTEN belongs to a session. */
  connect: () => Promise<pg.Client>
  /** Called when the connection was lost and when it is back. */
  onConnectionChange?: (state: 'lost' | 'back', error?: Error) => void
  /**
   * Marks this moment for other connections to the database, and ends those of which nothing was heard since, should it
   * turn out that it does not answer.
   */
  markSilent?: () => () => void
  heartbeatMs?: number
  answerMs?: number
}

/**
 * Listens to the channels for as long as it is open. Emits the channel's name with the payload; after a reconnect
 * every channel is emitted once with `''`, since notices may have been missed.
 */
export class Notices extends EventEmitter<{ [C in Channel]: [payload: string] }> {
  readonly #options: NoticesOptions
  readonly #pause = new DoublingPause(RETRY_MS, MAX_RETRY_MS)
  #client: pg.Client | undefined
  #timer: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined
  /** Set while it is not known what became of the other connections. */
  #endSilent: (() => void) | undefined
  #closed = false
  #reconnecting: Promise<void> | undefined

  constructor(options: NoticesOptions) {
    super()
    this.setMaxListeners(0)
    this.#options = options
  }

  get #answerMs(): number {
    return this.#options.answerMs ?? ANSWER_MS
  }

  async open(): Promise<void> {
    await this.#listen()
  }

  /** Whether notices arrive. */
  get isListening(): boolean {
    return this.#client !== undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#heartbeat)
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => undefined)
    await this.#reconnecting
  }

  async #listen(): Promise<void> {
    const client = await this.#options.connect()
    if (this.#closed) return void (await client.end().catch(() => undefined))
    client.on('notification', ({ channel, payload }) => this.emit(channel as Channel, payload ?? ''))
    let lost = false
    const onLost = (error?: Error) => {
      if (lost || this.#closed) return
      lost = true
      this.#client = undefined
      clearTimeout(this.#heartbeat)
      client.end().catch(() => undefined)
      this.#options.onConnectionChange?.('lost', error)
      this.#pause.reset()
      this.#retry()
    }
    client.on('error', onLost)
    client.on('end', () => onLost())
    try {
      await client.query(CHANNELS.map((channel) => `listen ${channel}`).join('; '))
    } catch (error) {
      lost = true
      await client.end().catch(() => undefined)
      throw error
    }
    // Closed while it was not known here yet.
    if (this.#closed) return void (await client.end().catch(() => undefined))
    this.#client = client
    if (this.#endSilent) setTimeout(this.#endSilent, PATIENCE * this.#answerMs).unref()
    this.#endSilent = undefined
    this.#beatLater(client)
  }

  #beatLater(client: pg.Client): void {
    this.#heartbeat = setTimeout(() => this.#beat(client), this.#options.heartbeatMs ?? HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  async #beat(client: pg.Client): Promise<void> {
    const deadline = setTimeout(() => {
      this.#endSilent = this.#options.markSilent?.()
      endSilent(socketOf(client))
    }, this.#answerMs)
    try {
      await client.query({ name: 'heartbeat', text: 'select 1' })
      if (client === this.#client) this.#beatLater(client)
    } catch {
      // The client reports its loss itself.
    } finally {
      clearTimeout(deadline)
    }
  }

  #retry(): void {
    if (this.#closed) return
    const reconnect = async () => {
      try {
        await this.#listen()
        if (this.#closed) return
        this.#options.onConnectionChange?.('back')
        for (const channel of CHANNELS) this.emit(channel, '')
      } catch {
        // Still away; the state was reported when it was lost. Then the database was gone, not only this connection.
        this.#endSilent?.()
        this.#endSilent = undefined
        this.#retry()
      }
    }
    this.#timer = setTimeout(() => {
      this.#reconnecting = reconnect()
    }, this.#pause.next())
    this.#timer.unref()
  }
}
