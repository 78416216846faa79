/** What a reader may be told about a stream; a paused list is the list's own matter. */
export type StreamState = 'connecting' | 'open' | 'reconnecting'

export type StreamMessage = { data: unknown; lastEventId: string }
type Handler = (message: StreamMessage) => void

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000

/**
 * One event stream that never gives up: it reconnects with growing pauses and resumes after the last event it saw.
 * The browser's own reconnection stops for good at the first answer that is not a stream (a proxy's 502, a 401).
 * A hidden tab lets go of its connection, of which browsers allow six to a host, and catches up when shown.
 */
export class SseConnection {
  readonly #url: string
  readonly #handlers = new Map<string, Set<Handler>>()
  readonly #stateListeners = new Set<() => void>()
  readonly #onRefused: () => void
  #source: EventSource | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #lastEventId = ''
  #state: StreamState = 'connecting'

  constructor(url: string, options: { onRefused: () => void }) {
    this.#url = url
    this.#onRefused = options.onRefused
    document.addEventListener('visibilitychange', this.#onVisibility)
    window.addEventListener('online', this.#reconnectNow)
    if (!document.hidden) this.#open()
  }

  get state(): StreamState {
    return this.#state
  }

  on(event: string, handler: Handler): () => void {
    const known = this.#handlers.get(event)
    const handlers = known ?? new Set<Handler>()
    handlers.add(handler)
    if (!known) {
      this.#handlers.set(event, handlers)
      this.#source?.addEventListener(event, this.#dispatch)
    }
    return () => handlers.delete(handler)
  }

  onState(listener: () => void): () => void {
    this.#stateListeners.add(listener)
    return () => this.#stateListeners.delete(listener)
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#onVisibility)
    window.removeEventListener('online', this.#reconnectNow)
    this.#letGo()
  }

  #open(): void {
    const resume = this.#lastEventId === '' ? '' : `last_event_id=${encodeURIComponent(this.#lastEventId)}`
    const glue = this.#url.includes('?') ? '&' : '?'
    const source = new EventSource(resume === '' ? this.#url : `${this.#url}${glue}${resume}`)
    this.#source = source
    source.onopen = () => {
      this.#failures = 0
      this.#setState('open')
    }
    source.onerror = () => this.#onError(source)
    for (const event of this.#handlers.keys()) source.addEventListener(event, this.#dispatch)
  }

  #onError(source: EventSource): void {
    if (source !== this.#source) return
    const refused = source.readyState === EventSource.CLOSED
    this.#letGo()
    this.#setState('reconnecting')
    if (refused) this.#onRefused()
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS)
    this.#failures += 1
    // Jitter, so that all the tabs of a building do not return in the same moment after a restart.
    this.#timer = setTimeout(() => this.#open(), delay * (0.75 + Math.random() / 2))
  }

  #letGo(): void {
    clearTimeout(this.#timer)
    this.#source?.close()
    this.#source = null
  }

  readonly #dispatch = (event: MessageEvent<string>) => {
    if (event.lastEventId !== '') this.#lastEventId = event.lastEventId
    const message = { data: JSON.parse(event.data || 'null') as unknown, lastEventId: event.lastEventId }
    for (const handler of this.#handlers.get(event.type) ?? []) handler(message)
  }

  readonly #onVisibility = () => {
    if (document.hidden) this.#letGo()
    else this.#reconnectNow()
  }

  readonly #reconnectNow = () => {
    if (document.hidden || this.#source?.readyState === EventSource.OPEN) return
    this.#letGo()
    this.#open()
  }

  #setState(state: StreamState): void {
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#stateListeners) listener()
  }
}
