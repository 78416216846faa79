import { request } from './client.ts'

/** A browser has six connections to a server, for all its pages: the others stay free for what is answered at once. */
const AT_ONCE = 3

let running = 0
/** In the order they came. */
const waiting = new Set<() => void>()

/**
 * The `data` of a reply that may take seconds: a page asks for three of these at a time.
 *
 * @throws the signal's reason when it aborts before
 */
export function requestInTurn<T>(path: string, signal: AbortSignal): Promise<T> {
  return inTurn(signal, () => request<T>(path, { signal }))
}

/** The same for other requests that may take seconds. */
export async function inTurn<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  if (running < AT_ONCE) running++
  else await turn(signal)
  try {
    return await ask()
  } finally {
    const [next] = waiting
    if (next) next()
    else running--
  }
}

/** Waits until another request is done, and takes its place. */
function turn(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      waiting.delete(go)
      reject(signal.reason)
    }
    const go = () => {
      waiting.delete(go)
      signal.removeEventListener('abort', leave)
      resolve()
    }
    waiting.add(go)
    signal.addEventListener('abort', leave, { once: true })
  })
}
