import { useEffect, useRef, useState } from 'react'
import { ApiError } from '../api/client.ts'
import { addressOf } from '../app/location.ts'
import { clickLink, saveFile } from './save-file.ts'

/** The forms of a file, each with its name on the page. */
export const FORMATS = [
  ['csv', 'CSV'],
  ['ndjson', 'NDJSON'],
] as const
export type ExportFormat = (typeof FORMATS)[number][0]

export type ExportState =
  | { kind: 'idle' }
  | { kind: 'running'; rows: number; bytes: number }
  | { kind: 'done'; rows: number; bytes: number }
  | { kind: 'handed-over' }
  | { kind: 'failed'; sentence: string }

/** How often the count on the screen is renewed. */
const TOLD_EVERY_MS = 100

/**
 * More lines than these, some 40 MB, are for the browser to write to the disk as they come, with its own progress and its
 * own button to stop; the page would have to hold them.
 */
const MAX_HELD_ROWS = 200_000

/** Reads the file to its end before the browser gets it: a half file never looks like a whole file. */
export function useExport() {
  const [state, setState] = useState<ExportState>({ kind: 'idle' })
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const start = async (query: string, format: ExportFormat, expectedRows: number) => {
    const address = addressOf(`/api/logs/export?${query}&format=${format}`)
    if (expectedRows > MAX_HELD_ROWS) {
      // The server names the file; an interrupted one is a failed download.
      clickLink(address, '')
      return setState({ kind: 'handed-over' })
    }
    const stopping = new AbortController()
    running.current = stopping
    setState({ kind: 'running', rows: 0, bytes: 0 })
    try {
      const response = await fetch(address, { signal: stopping.signal })
      if (!response.ok || response.body === null) throw await refusalOf(response)
      const counter = countRecords(format)
      const parts: Uint8Array<ArrayBuffer>[] = []
      let bytes = 0
      let toldAt = 0
      for await (const part of response.body) {
        parts.push(part)
        bytes += part.length
        counter.add(part)
        if (performance.now() - toldAt < TOLD_EVERY_MS) continue
        toldAt = performance.now()
        setState({ kind: 'running', rows: counter.rows(), bytes })
      }
      saveFile(new Blob(parts), nameOf(response, format))
      setState({ kind: 'done', rows: counter.rows(), bytes })
    } catch (error) {
      if (stopping.signal.aborted) return setState({ kind: 'idle' })
      setState({
        kind: 'failed',
        sentence: error instanceof ApiError ? error.message : 'The connection was lost.',
      })
    }
  }
  return { state, start, stop: () => running.current?.abort() }
}

async function refusalOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as { message?: string; code?: string } | null
  const message = body?.message ?? `The server answered ${response.status}.`
  return new ApiError(message, { status: response.status, code: body?.code ?? 'UNKNOWN' })
}

function nameOf(response: Response, format: ExportFormat): string {
  return /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? `logs.${format}`
}

const LINE_FEED = 10
const QUOTE = 34

/** Counts the records of a file as its parts arrive; in CSV a line feed within quotes ends none, and a head counts none. */
export function countRecords(format: ExportFormat) {
  let ends = 0
  let isQuoted = false
  return {
    add(part: Uint8Array) {
      for (const byte of part) {
        if (format === 'csv' && byte === QUOTE) isQuoted = !isQuoted
        else if (byte === LINE_FEED && !isQuoted) ends++
      }
    },
    rows: () => (format === 'csv' ? Math.max(0, ends - 1) : ends),
  }
}
