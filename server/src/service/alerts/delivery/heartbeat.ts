import { getChecked } from './checked-request.ts'
import type { SendOptions } from './send.ts'

/**
 * Calls an address that somebody watches: when the calls cease, this system is dead, which it cannot tell of itself. Nothing
 * of a failure is kept: the one who watches knows.
 */
export function heartbeat(url: string, options: SendOptions): () => void {
  let isCalling = false
  return () => {
    if (isCalling) return
    isCalling = true
    const headers = { 'user-agent': 'timelapser-logs' }
    getChecked(url, { ...options, headers })
      .catch(() => undefined)
      .finally(() => {
        isCalling = false
      })
  }
}
