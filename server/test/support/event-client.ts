type ReceivedEvent = {
  event: string
  id: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
  data: any
}

/** A client of server-sent events that keeps all it got. */
export type EventClient = {
  headers: Headers
  events: ReceivedEvent[]
  /** The id of the last event, also of one without data. */
  lastId: () => string
  /** All ids so far, in their order. */
  ids: () => readonly string[]
  /** Resolves when the condition holds. Fails after five seconds. */
  until: (condition: (events: ReceivedEvent[]) => boolean) => Promise<void>
  /** Resolves when the server, or `close`, has ended it. */
  ended: Promise<void>
  close: () => void
}

/** Subscribes; resolves when the stream has begun. */
export async function openEvents(url: string, headers: Record<string, string>): Promise<EventClient> {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`)
  const events: ReceivedEvent[] = []
  let lastId = ''
  const ids: string[] = []
  let wake = Promise.withResolvers<void>()
  const body = response.body.pipeThrough(new TextDecoderStream())
  const reading = (async () => {
    let rest = ''
    for await (const chunk of body) {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
        if (field('id')) {
          lastId = field('id')
          ids.push(lastId)
        }
        if (field('data'))
          events.push({ event: field('event'), id: field('id'), data: JSON.parse(field('data')) })
      }
      wake.resolve()
      wake = Promise.withResolvers()
    }
  })().catch(() => undefined)
  const until: EventClient['until'] = async (condition) => {
    const deadline = AbortSignal.timeout(15_000)
    while (!condition(events)) {
      if (deadline.aborted) throw new Error(`waited in vain; got ${JSON.stringify(events).slice(0, 2000)}`)
      await Promise.race([wake.promise, new Promise((resolve) => setTimeout(resolve, 100))])
    }
  }
  // The first thing sent is the position the stream begins at.
  while (lastId === '') await Promise.race([wake.promise, reading])
  return {
    headers: response.headers,
    events,
    lastId: () => lastId,
    ids: () => ids,
    until,
    ended: reading,
    close: () => abort.abort(),
  }
}
