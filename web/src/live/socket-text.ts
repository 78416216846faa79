/** Whether WebSockets come through here: some proxies do not let them, and servers on an old Node do not speak them. */
let socketsComeThrough = typeof WebSocket === 'function'

/** Whether a stream is to be asked for as a WebSocket first. */
export function mayUseSockets(): boolean {
  return socketsComeThrough
}

/** Told when a stream came as a reply that had not come as a WebSocket. */
export function giveUpSockets(): void {
  socketsComeThrough = false
}

/** What became of a socket: it brought something, it was opened in vain, or it was refused. */
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
      onText(String(data))
    }
    socket.onclose = () => {
      signal.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
  })
}
