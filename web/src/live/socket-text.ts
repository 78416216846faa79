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
