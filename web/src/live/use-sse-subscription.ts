import { useQueryClient } from '@tanstack/react-query'
import { createParser } from 'eventsource-parser'
import { useCallback, useEffect, useEffectEvent, useSyncExternalStore } from 'react'
import { authorization, isEmbedded } from '../api/client.ts'
import { queryClient } from '../api/query-client.ts'
import { wholeAddressOf } from '../app/location.ts'

/** The state of a stream as readers see it; a paused list is the list's own matter. */
export type StreamState = 'connecting' | 'open' | 'reconnecting'

type Handler = (data: unknown) => void

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000
/** The server sends a heartbeat every 15 s; more than twice that is a dead connection that nobody reported. */
const SILENCE_MS = 40_000
/** Why a stream was let go of that nothing came of. */
const SILENT = new Error('The stream is silent.')

type SseConnectionOptions = {
  onRefused: () => void
  /** It had been open before; meanwhile somebody else may have signed in. */
  onResumed: () => void
}

/**
 * One event stream that never gives up: it reconnects with growing pauses and resumes after the last position it saw.
 * It reads the stream itself, because the browser's EventSource stops for good at the first answer that is no stream
 * (a proxy's 502), does not notice a dead connection, and hides positions that come without an event. A hidden tab
 * lets go of its connection, of which browsers allow six to a host, and catches up when shown.
 */
class SseConnection {
  readonly #url: string
  readonly #options: SseConnectionOptions
  readonly #handlers = new Map<string, Set<Handler>>()
  readonly #stateListeners = new Set<() => void>()
  #abort: AbortController | null = null
  #retry: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #position: string | null = null
  #state: StreamState = 'connecting'

  constructor(url: string, options: SseConnectionOptions) {
    this.#url = url
    this.#options = options
    document.addEventListener('visibilitychange', this.#onVisibility)
    window.addEventListener('online', this.#reconnectNow)
    if (!document.hidden) this.#open()
  }

  get state(): StreamState {
    return this.#state
  }

  on(event: string, handler: Handler): () => void {
    const handlers = this.#handlers.get(event) ?? new Set<Handler>()
    this.#handlers.set(event, handlers.add(handler))
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

  async #open(): Promise<void> {
    const abort = new AbortController()
    this.#abort = abort
    try {
      await this.#read(abort)
    } catch {
      // Cut off, unreachable or silent; all of them end in another try.
    }
    if (abort !== this.#abort) return
    this.#letGo()
    this.#setState('reconnecting')
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS)
    this.#failures += 1
    // Jitter, so that all the tabs of a building do not return in the same moment after a restart.
    this.#retry = setTimeout(() => this.#open(), delay * (0.75 + Math.random() / 2))
  }

  async #read(abort: AbortController): Promise<void> {
    const url = new URL(wholeAddressOf(this.#url))
    if (this.#position !== null) url.searchParams.set('last_event_id', this.#position)
    const parse = createSseParser((event) => this.#dispatch(event))
    const isResumed = this.#position !== null
    let hasCome = false
    const take = (text: string) => {
      if (isResumed && !hasCome) this.#options.onResumed()
      hasCome = true
      this.#failures = 0
      this.#expectWord(abort)
      parse(text)
    }
    this.#expectWord(abort)
    // A socket takes no header.
    const bySocket =
      mayUseSockets() && !isEmbedded()
        ? await readSocket(url, abort.signal, take).catch((error: unknown) => {
            // Something between took it, and lets nothing through.
            if (error === SILENT && !hasCome) restSockets()
            throw error
          })
        : null
    if (bySocket === 'read') return
    const response = await fetch(url, {
      signal: abort.signal,
      headers: { accept: 'text/event-stream', ...authorization() },
      cache: 'no-store',
    })
    if (!response.ok || response.body === null) {
      this.#options.onRefused()
      return
    }
    if (bySocket === 'refused') restSockets()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) take(part.value)
  }

  #expectWord(abort: AbortController): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => abort.abort(SILENT), SILENCE_MS)
  }

  #dispatch({ event, id, data }: SseEvent): void {
    // The first position, not the answer's head, makes it open: hidden between the two, a tab would have nowhere to go on from.
    if (id !== null) {
      this.#position = id
      this.#setState('open')
    }
    const handlers = this.#handlers.get(event)
    if (handlers === undefined || data === '') return
    const parsed: unknown = JSON.parse(data)
    for (const handler of handlers) handler(parsed)
  }

  #letGo(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#silence)
    const abort = this.#abort
    this.#abort = null
    abort?.abort()
  }

  readonly #onVisibility = () => {
    if (document.hidden) this.#letGo()
    else this.#reconnectNow()
  }

  readonly #reconnectNow = () => {
    if (document.hidden || (this.#abort !== null && this.#state === 'open')) return
    this.#letGo()
    this.#open()
  }

  #setState(state: StreamState): void {
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#stateListeners) listener()
  }
}

export type SseOptions = {
  /** The stream; all subscriptions to the same stream share a connection. */
  url?: string
  enabled?: boolean
}

const EVENTS_URL = '/api/events'
const shared = new Map<string, { connection: SseConnection; users: number }>()

function askWhoWeAre(): void {
  queryClient.invalidateQueries({ queryKey: ['session'] })
}

function acquire(url: string): SseConnection {
  const entry = shared.get(url) ?? {
    // Asking who we are leads to sign-in if the session has ended.
    connection: new SseConnection(url, { onRefused: askWhoWeAre, onResumed: askWhoWeAre }),
    users: 0,
  }
  entry.users += 1
  shared.set(url, entry)
  return entry.connection
}

function release(url: string): void {
  const entry = shared.get(url)
  if (entry === undefined) return
  entry.users -= 1
  if (entry.users > 0) return
  shared.delete(url)
  entry.connection.close()
}

/**
 * Calls `handler` for each `event` of a stream while the component is shown, and returns the state of the connection.
 * The only place of the page that streams; reconnecting and resuming are the connection's.
 */
export function useSSESubscription(
  event: string,
  handler: (data: unknown) => void,
  { url = EVENTS_URL, enabled = true }: SseOptions = {},
): StreamState {
  const onMessage = useEffectEvent(handler)
  useEffect(() => {
    if (!enabled) return
    const off = acquire(url).on(event, (data) => onMessage(data))
    return () => {
      off()
      release(url)
    }
  }, [event, url, enabled])

  const subscribe = useCallback(
    (listener: () => void) => {
      if (!enabled) return () => {}
      const off = acquire(url).onState(listener)
      return () => {
        off()
        release(url)
      }
    },
    [url, enabled],
  )
  return useSyncExternalStore(subscribe, () => shared.get(url)?.connection.state ?? 'connecting')
}

/** Keeps what the whole page knows (settings, cameras, lines that it may show again) as the server has it. */
export function useServerEvents(): void {
  const client = useQueryClient()
  useSSESubscription('settings_changed', () => client.invalidateQueries({ queryKey: ['settings'] }))
  useSSESubscription('camera_changed', () => {
    client.invalidateQueries({ queryKey: ['cameras'] })
    client.invalidateQueries({ queryKey: ['logs', 'facets'] })
  })
  // An open line, its surroundings and the lists that Back leads to hold what must not be seen any longer.
  useSSESubscription('logs_masked', () => {
    client.invalidateQueries({ queryKey: ['logs'] })
    client.invalidateQueries({ queryKey: ['patterns'] })
  })
}

/** One event of a stream; one with an id alone moves the position and has no data. */
export type SseEvent = { event: string; id: string | null; data: string }

/** Parses a text/event-stream from chunks of any size. */
export function createSseParser(onEvent: (event: SseEvent) => void): (chunk: string) => void {
  // The library reports an id before the event of its block, and reports no event for a block without data.
  let pending: string | null = null
  const reportPending = () => {
    if (pending !== null) onEvent({ event: 'message', id: pending, data: '' })
    pending = null
  }
  const parser = createParser({
    onId: (id) => {
      reportPending()
      pending = id
    },
    onEvent: ({ event = 'message', id = null, data }) => {
      if (id === null) reportPending()
      pending = null
      onEvent({ event, id, data })
    },
  })
  return (chunk) => {
    parser.feed(chunk)
    reportPending()
  }
}

const FIRST_REST_MS = 5 * 60_000
const LONGEST_REST_MS = 24 * 60 * 60_000

/** Failed tries since a socket last brought data, and the time of the next try. */
let inVain = 0
let notBefore = 0

/**
 * Whether a stream is to be requested as a WebSocket first. Some proxies do not let them through, and servers on an old
 * Node do not speak them; but a refused socket may have met a server that was just starting.
 */
export function mayUseSockets(): boolean {
  return typeof WebSocket === 'function' && Date.now() >= notBefore
}

/**
 * Called when a stream came as a reply after its WebSocket had failed: streams are replies for a while, longer each
 * time.
 */
export function restSockets(): void {
  notBefore = Date.now() + Math.min(FIRST_REST_MS * 2 ** inVain, LONGEST_REST_MS)
  inVain += 1
}

/** The outcome of a socket: it brought data, it was opened in vain, or it was refused. */
export type SocketOutcome = 'read' | 'silent' | 'refused'

/**
 * Reads the text of a stream from a WebSocket until it ends. It takes none of the six connections that browsers have to a
 * host over HTTP/1.1.
 */
export function readSocket(
  url: URL,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<SocketOutcome> {
  const address = new URL(url)
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return new Promise((resolve, reject) => {
    let outcome: SocketOutcome = 'refused'
    let socket: WebSocket
    try {
      socket = new WebSocket(address)
    } catch {
      // Some browsers take a policy of `self` for that of HTTP alone.
      resolve(outcome)
      return
    }
    const onAbort = () => {
      socket.close()
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    socket.onopen = () => {
      outcome = 'silent'
    }
    socket.onmessage = ({ data }) => {
      if (signal.aborted) return
      outcome = 'read'
      inVain = 0
      onText(String(data))
    }
    socket.onclose = () => {
      signal.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
  })
}
