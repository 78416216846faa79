import { EventEmitter } from 'node:events'
import type { Visibility } from '../access/access.ts'

/** Something other than a new row that open pages want to know of. */
export type ServerEvent = {
  type: 'logs_cleaned' | 'logs_restored' | 'logs_masked' | 'settings_changed' | 'camera_changed'
  data: Record<string, unknown>
  priority: 'normal'
  source: 'logging_system'
}

/** Events of this kind, sent to the streams of every server on the database. */
export class ServerEvents {
  readonly #emitter = new EventEmitter<{ event: [ServerEvent] }>().setMaxListeners(0)
  readonly #notify: (channel: 'log_events', payload: string) => Promise<void>

  constructor(notify: (channel: 'log_events', payload: string) => Promise<void>) {
    this.#notify = notify
  }

  /** Sends to all servers, this server included. */
  async publish(type: ServerEvent['type'], data: Record<string, unknown>): Promise<void> {
    const event: ServerEvent = { type, data, priority: 'normal', source: 'logging_system' }
    await this.#notify('log_events', JSON.stringify(event))
  }

  /** Sends to the streams of this server alone, for an event that every server learns of in its own way. */
  announce(type: ServerEvent['type'], data: Record<string, unknown>): void {
    this.#emitter.emit('event', { type, data, priority: 'normal', source: 'logging_system' })
  }

  /** Handles a notice on `log_events`. */
  receive(payload: string): void {
    if (payload) this.#emitter.emit('event', JSON.parse(payload) as ServerEvent)
  }

  /** @returns the function that unsubscribes */
  subscribe(listener: (event: ServerEvent) => void): () => void {
    this.#emitter.on('event', listener)
    return () => this.#emitter.off('event', listener)
  }
}

/**
 * The event as a viewer of some logs alone may see it: nothing of cameras that are not theirs, and that lines have gone
 * or come back, but not how many, which counts those of others. Undefined when it does not concern them.
 */
export function eventFor(event: ServerEvent, { cameras, min_level }: Visibility): ServerEvent | undefined {
  if (cameras === null && min_level === undefined) return event
  if (event.type === 'settings_changed') return event
  if (event.type !== 'camera_changed') return { ...event, data: {} }
  const { camera_id } = event.data
  const isVisible = cameras === null || camera_id === null || cameras.includes(Number(camera_id))
  return isVisible ? event : undefined
}
