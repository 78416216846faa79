import { lazy } from 'react'

const FIRST_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 15_000
/** A file that is missing for another reason than a newer version would have the page load for ever. */
const LEAST_MS_BETWEEN_RELOADS = 60_000

/** A component whose code is loaded when it is first shown. */
export const lazyPart: typeof lazy = (load) => lazy(() => loaded(load))

/**
 * Loads code of the page. While the server is away it waits, and the rest of the page stays as it is. A newer version of the
 * server has other files: the page then loads itself anew.
 */
export async function loaded<M>(load: () => Promise<M>): Promise<M> {
  try {
    return await load()
  } catch {
    await serverAnswers()
  }
  try {
    return await load()
  } catch (error) {
    if (Date.now() - Number(sessionStorage.getItem('reloaded-at')) < LEAST_MS_BETWEEN_RELOADS) throw error
    sessionStorage.setItem('reloaded-at', String(Date.now()))
    location.reload()
    // Nothing is rendered in its place until the page is gone.
    return new Promise(() => undefined)
  }
}

async function serverAnswers(): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      // Any answer counts, also that the file is gone.
      await fetch(import.meta.url, { method: 'HEAD', cache: 'no-store' })
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}
