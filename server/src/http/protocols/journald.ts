import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentCaller } from '../../caller.ts'
import { DecodedBody } from '../../ingest/decoded.ts'
import { fromExportedEntry, JournalExport } from '../../ingest/journald/journal-export.ts'
import { AppError } from '../../service/app-error.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { now } from '../../store/database/timestamp.ts'
import { closingOf } from '../closing.ts'
import { unpackContent, wasSnappy } from '../raw-body.ts'
import { INGEST, protocolRoutes } from './protocol-routes.ts'

const TYPE = 'application/vnd.fdo.journal'

/** Entries that do not wait for others any more, and what they may weigh. */
const BATCH = 1000
const BATCH_BYTES = 1024 * 1024
/** How long an entry waits for others. */
const GATHER_MS = 500
/** A sender that makes no progress for so long is gone, or holds a place with a few bytes. */
const STALLED_MS = 120_000
/** Bytes that are progress without the end of an entry: a part of the longest value. */
const PROGRESS_BYTES = 256 * 1024
const RETRY_MS = 1000
/** Bytes that an upload may hold: a batch, an entry and a chunk. */
const HELD_BYTES = 3 * 1024 * 1024

/**
 * `POST /upload` of `systemd-journal-upload`: one request goes on for as long as the journal has more, so it is read and stored
 * batch by batch. A batch that cannot be stored now is tried again; meanwhile the request is not read, so that its sender waits.
 */
export function journaldRoutes(ingest: IngestService) {
  return protocolRoutes({
    writeError: ({ status, message }) => ({
      status,
      type: 'text/plain; charset=utf-8',
      body: `${message}\n`,
    }),
    addRoutes: (app) => {
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
      app.post('/upload', { config: { ...INGEST, isUpload: true } }, async (request, response) => {
        const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
        if (type !== TYPE) {
          const sentence = `Content-Type ${String(type).slice(0, 100)} is not accepted here; send ${TYPE}.`
          throw new AppError('UNSUPPORTED_MEDIA_TYPE', sentence)
        }
        const encoding = request.headers['content-encoding']
        // A block of snappy is unpacked as a whole, and this body may never end.
        if (wasSnappy(encoding)) {
          const sentence =
            'Journals are processed as a stream, which snappy does not allow; send gzip, zstd or none.'
          throw new AppError('UNSUPPORTED_MEDIA_TYPE', sentence)
        }
        // By address: the machines of a fleet often share a key.
        const holder = request.ip
        const leave = ingest.uploadPlaces.tryTake(currentCaller())
        if (!leave || !ingest.uploads.take(holder, HELD_BYTES)) {
          leave?.()
          const sentence =
            'The limit of concurrent journal uploads is reached. Send the journal again shortly.'
          throw new AppError('UNAVAILABLE', sentence, { retryAfter: 10 })
        }
        try {
          const body = unpackContent(request.body as Readable, encoding, Number.POSITIVE_INFINITY)
          await new Upload(ingest, closingOf(response)).store(body)
        } catch (error) {
          // The rest of the body is not read.
          response.header('connection', 'close')
          throw error
        } finally {
          ingest.uploads.give(holder, HELD_BYTES)
          leave()
        }
        return response.code(202).type('text/plain; charset=utf-8').send('OK.\n')
      })
    },
  })
}

/** Whether an upload goes on: one of a byte a minute would hold its place for ever. */
export class UploadProgress {
  #sinceMs: number
  #bytes = 0

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  note(bytes: number, entries: number, nowMs: number): void {
    this.#bytes += bytes
    if (entries > 0 || this.#bytes >= PROGRESS_BYTES) this.renew(nowMs)
  }

  renew(nowMs: number): void {
    this.#sinceMs = nowMs
    this.#bytes = 0
  }

  /** How long it may take until there is progress again. */
  leftMs(nowMs: number): number {
    return Math.max(0, this.#sinceMs + STALLED_MS - nowMs)
  }
}

class Upload {
  readonly #ingest: IngestService
  readonly #closing: AbortSignal
  readonly #entries = new JournalExport()
  readonly #progress = new UploadProgress(performance.now())
  #decoded = new DecodedBody()

  constructor(ingest: IngestService, closing: AbortSignal) {
    this.#ingest = ingest
    this.#closing = closing
  }

  async store(chunks: AsyncGenerator<Buffer>): Promise<void> {
    let next = following(chunks)
    for (;;) {
      const leftMs = this.#progress.leftMs(performance.now())
      if (leftMs === 0) {
        const sentence = `No entry of the journal arrived within ${STALLED_MS / 1000} seconds.`
        throw new AppError('REQUEST_TIMEOUT', sentence)
      }
      const arrived = await this.#within(next, this.#decoded.size > 0 ? GATHER_MS : leftMs)
      if (arrived?.done) break
      if (arrived !== undefined) {
        const before = this.#decoded.size
        this.#take(this.#entries.push(arrived.value))
        this.#progress.note(arrived.value.length, this.#decoded.size - before, performance.now())
        next = following(chunks)
      }
      const isFull = this.#decoded.size >= BATCH || this.#decoded.bytes >= BATCH_BYTES
      if (isFull || (arrived === undefined && this.#decoded.size > 0)) {
        await this.#flush()
        // The sender waited meanwhile.
        this.#progress.renew(performance.now())
      }
    }
    this.#take(this.#entries.end())
    await this.#flush()
  }

  #take(entries: ReturnType<JournalExport['push']>): void {
    for (const entry of entries) this.#decoded.add(fromExportedEntry(entry, { now: now() }))
  }

  async #within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    const isOver = new AbortController()
    try {
      return await Promise.race([promise, sleep(ms, undefined, { signal: isOver.signal })])
    } finally {
      isOver.abort()
    }
  }

  async #flush(): Promise<void> {
    if (this.#decoded.size === 0) return
    const batch = this.#decoded
    this.#decoded = new DecodedBody()
    for (;;) {
      try {
        await this.#ingest.ingest(batch, { way: 'journald' })
        return
      } catch (error) {
        const isForNow =
          error instanceof AppError && (error.code === 'UNAVAILABLE' || error.code === 'STORAGE_FULL')
        if (!isForNow || this.#closing.aborted) throw error
        await sleep(RETRY_MS, undefined, { signal: this.#closing }).catch(() => undefined)
      }
    }
  }
}

/** The next chunk. It may fail while a batch is being stored, before anybody waits for it. */
function following(chunks: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
  const next = chunks.next()
  next.catch(() => undefined)
  return next
}
