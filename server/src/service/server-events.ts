import { EventEmitter } from 'node:events'

/** Something other than a new row that open pages want to know of. */
export type ServerEvent = {
  type: 'logs_cleaned' | 'logs_restored' | 'settings_changed' | 'camera_changed'
  data: Record<string, unknown>
  priority: 'normal'
  source: 'logging_system'
}

/** Events of this kind, told to the streams of every server on the database. */
export class ServerEvents {
  readonly #emitter = new EventEmitter<{ event: [ServerEvent] }>().setMaxListeners(0)
  readonly #notify: (channel: 'log_events', payload: string) => Promise<void>

  constructor(notify: (channel: 'log_events', payload: string) => Promise<void>) {
    this.#notify = notify
  }

  /** Tells all servers, this one included. */
  async publish(type: ServerEvent['type'], data: Record<string, unknown>): Promise<void> {
    const event: ServerEvent = { type, data, priority: 'normal', source: 'logging_system' }
    await this.#notify('log_events', JSON.stringify(event))
  }

  /** Tells the streams of this server alone, of something every server hears of in its own way. */
  announce(type: ServerEvent['type'], data: Record<string, unknown>): void {
    this.#emitter.emit('event', { type, data, priority: 'normal', source: 'logging_system' })
  }

  /** What arrived as a notice on `log_events`. */
  receive(payload: string): void {
    if (payload) this.#emitter.emit('event', JSON.parse(payload) as ServerEvent)
  }

  /** @returns how to stop being told */
  subscribe(listener: (event: ServerEvent) => void): () => void {
    this.#emitter.on('event', listener)
    return () => this.#emitter.off('event', listener)
  }
}
