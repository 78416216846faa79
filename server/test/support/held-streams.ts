export type HeldStreams = {
  /** Requests a stream and returns the status of its answer; one of 200 stays open. */
  open: (url: string, headers: Record<string, string>) => Promise<number>
  /** How many have been opened. */
  count: () => number
  /** Closes the one that was opened first. */
  closeFirst: () => void
  closeAll: () => void
}

/** Streams that nobody reads, held open: an answer that nothing refers to is collected as garbage, and its stream ends. */
export function holdStreams(): HeldStreams {
  const held: { answer: Response; ending: AbortController }[] = []
  return {
    open: async (url, headers) => {
      const ending = new AbortController()
      const answer = await fetch(url, { headers, signal: ending.signal })
      if (answer.ok) held.push({ answer, ending })
      else await answer.body?.cancel()
      return answer.status
    },
    count: () => held.length,
    closeFirst: () => held[0]?.ending.abort(),
    closeAll: () => {
      for (const { ending } of held.splice(0)) ending.abort()
    },
  }
}
