import type { ErrorReply, Reply } from 'timelapser-logs/api'
import { ApiError, failureOf, openRequest } from './client.ts'

/** Long work with progress: NDJSON with the reply as its last line. Ended by its signal. Without a body it only reads. */
export async function requestWithProgress<T, P>(
  path: string,
  { body, signal, onProgress }: { body?: object; signal: AbortSignal; onProgress: (progress: P) => void },
): Promise<Reply<T>> {
  const response = body
    ? await openRequest(path, { method: 'POST', body: { ...body, progress: true }, signal })
    : await openRequest(`${path}&progress=true`, { signal })
  if (!response.ok || !response.body) throw failureOf(response, await response.json().catch(() => null))
  let rest = ''
  let last: Reply<T> | ErrorReply | null = null
  for await (const text of chunksOf(response.body)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const told = JSON.parse(line) as { progress: P } | Reply<T> | ErrorReply
      if ('progress' in told) onProgress(told.progress)
      else last = told
    }
  }
  if (last?.success === true) return last
  if (last) throw failureOf(response, last)
  throw new ApiError('The connection was lost.', { status: 0, code: 'UNREACHABLE' })
}

/** Not every browser can iterate over a stream. */
async function* chunksOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
