import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'
import { DoublingPause } from '../../doubling-pause.ts'
import { MINUTE } from '../database/timestamp.ts'
import { NAME_START, timeOfBackup } from './backup-files.ts'

/** A bucket of Amazon S3, or of a store with the same protocol. */
export type BucketConfig = {
  /** `https://host/bucket/prefix`, without a last slash. */
  url: string
  /** Derived from the host, or `us-east-1`, when undefined. */
  region?: string | undefined
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}

export type Upload = {
  name: string
  /** The address of the object. */
  url: string
  bytes: number
  /** The names of older backups that were removed from the bucket. */
  removed: string[]
}

type BucketOptions = {
  /** Bytes of one request; a larger file is uploaded in parts of this size. */
  partBytes?: number
  /** Repeats of a request that was answered with 429 or 5xx, or not at all. */
  retries?: number
}

/** S3 takes 10,000 parts of a file. */
const MAX_PARTS = 10_000
const PART_BYTES = 16 * 1024 ** 2
/** At 30 kB/s a part of 16 MB takes nine minutes. */
const REQUEST_MS = 10 * MINUTE
/** A request without a body, with its repeats. */
const QUESTION_MS = MINUTE
/** Removing the parts of an upload holds up the stop of the server. */
const ABORT_MS = 10_000
/** Pauses between the repeats of a request; the upload itself is retried an hour later. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [100, 5000]
/** The longest message of a bucket that an error quotes. */
const MAX_MESSAGE_CHARACTERS = 300
const MAX_CODE_CHARACTERS = 64
/** A page of a list; S3 gives no more. */
const PAGE = 1000
/** A bucket with more names that begin as ours is not read on. */
const MAX_PAGES = 100
/** A page of names of 1,024 bytes, each of them escaped, has 7 MB. */
const MAX_ANSWER_BYTES = 8 * 1024 ** 2
/** S3's hashes have 34 characters and its upload ids some 150; 10,000 hashes are kept, and an id is a part of addresses. */
const [MAX_ETAG_CHARACTERS, MAX_ID_CHARACTERS] = [200, 2000]

/** Backups in a bucket. Each method throws an error that names the bucket's answer. */
export class Bucket {
  readonly url: string
  readonly #client: AwsClient
  readonly #partBytes: number
  readonly #retries: number
  /** Texts that no message may contain, even if the bucket answers with them. */
  readonly #secrets: readonly string[]

  constructor(
    { url, accessKeyId, secretAccessKey, sessionToken, region }: BucketConfig,
    { partBytes = PART_BYTES, retries = 4 }: BucketOptions = {},
  ) {
    this.url = encoded(url)
    this.#partBytes = partBytes
    this.#retries = retries
    this.#secrets = [secretAccessKey, sessionToken ?? ''].filter((secret) => secret !== '')
    this.#client = new AwsClient({
      ...{ accessKeyId, secretAccessKey, service: 's3' },
      ...(sessionToken !== undefined && { sessionToken }),
      ...(region !== undefined && { region }),
    })
  }

  /** Whether an object of this name and size is there. */
  async has(name: string, bytes: number, signal?: AbortSignal): Promise<boolean> {
    const response = await this.#send('HEAD', `${this.url}/${name}`, { signal })
    if (response.status === 404) return false
    await this.#check(response)
    return Number(response.headers.get('content-length')) === bytes
  }

  /**
   * Uploads a file under its name, then removes older backups beyond `keep`. The bucket verifies the SHA-256 of each
   * part; an upload that fails leaves no object and no parts.
   */
  async upload(
    file: string,
    { keep, signal }: { keep?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Upload> {
    const name = basename(file)
    const url = `${this.url}/${name}`
    const handle = await open(file)
    let bytes: number
    try {
      bytes = (await handle.stat()).size
      const partBytes = Math.max(this.#partBytes, Math.ceil(bytes / MAX_PARTS))
      if (bytes <= partBytes) await this.#put(url, await readPart(handle, 0, bytes), signal)
      else await this.#putInParts(url, handle, { bytes, partBytes }, signal)
    } finally {
      await handle.close()
    }
    const removed = keep === undefined ? [] : await this.#removeOld(name, keep, signal)
    return { name, url, bytes, removed }
  }

  async #removeOld(name: string, keep: number, signal: AbortSignal | undefined): Promise<string[]> {
    // Never a newer one: a file that is older than those in the bucket is uploaded when it is the newest of its folder.
    const older = (await this.#backups(signal)).filter((other) => other < name)
    const removed = older.slice(0, Math.max(0, older.length - (keep - 1)))
    for (const old of removed) {
      await this.#check(await this.#send('DELETE', `${this.url}/${old}`, { signal }))
    }
    return removed
  }

  /** The names of the backups directly below the prefix, the oldest first. */
  async #backups(signal: AbortSignal | undefined): Promise<string[]> {
    const { origin, pathname } = new URL(this.url)
    const [, bucket, ...folders] = pathname.split('/')
    const folder = folders.map((name) => `${decodeURIComponent(name)}/`).join('')
    const prefix = folder + NAME_START
    const names: string[] = []
    let next: string | undefined
    for (let pages = 0; pages === 0 || next !== undefined; pages++) {
      // A page of S3 may be short, also empty, and not the last.
      if (pages === MAX_PAGES || names.length > MAX_PAGES * PAGE)
        throw new Error(`${this.#host} lists more than ${MAX_PAGES} pages of backups`)
      const query = queryOf({ 'list-type': '2', prefix, 'max-keys': PAGE, 'continuation-token': next })
      const page = await this.#check(await this.#send('GET', `${origin}/${bucket}?${query}`, { signal }))
      for (const [, key = ''] of page.matchAll(/<Key>([^<]*)<\/Key>/g)) {
        const name = unescaped(key).slice(folder.length)
        if (timeOfBackup(name) !== undefined) names.push(name)
      }
      next = textOf(page, 'NextContinuationToken')
    }
    return names.toSorted()
  }

  async #put(url: string, body: Bytes, signal: AbortSignal | undefined): Promise<string> {
    const response = await this.#send('PUT', url, { body, signal })
    await this.#check(response)
    const etag = response.headers.get('etag') ?? ''
    if (etag.length > MAX_ETAG_CHARACTERS)
      throw new Error(`${this.#host} answered with a hash that is too long`)
    return etag
  }

  async #putInParts(
    url: string,
    handle: FileHandle,
    { bytes, partBytes }: { bytes: number; partBytes: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const begun = await this.#check(await this.#send('POST', `${url}?uploads=`, { signal }))
    const id = textOf(begun, 'UploadId')
    if (id === undefined || id.length > MAX_ID_CHARACTERS)
      throw new Error(
        `${this.#host} began an upload without an UploadId of ${MAX_ID_CHARACTERS} characters at most`,
      )
    const query = queryOf({ uploadId: id })
    try {
      const parts: string[] = []
      for (let at = 0; at < bytes; at += partBytes) {
        const number = parts.length + 1
        const body = await readPart(handle, at, Math.min(partBytes, bytes - at))
        const etag = await this.#put(`${url}?partNumber=${number}&${query}`, body, signal)
        parts.push(`<Part><PartNumber>${number}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`)
      }
      const body = Buffer.from(
        `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`,
      )
      // A failure comes with the status 200 where it is found after the answer has begun.
      const done = await this.#check(await this.#send('POST', `${url}?${query}`, { body, signal }))
      if (!done.includes('<CompleteMultipartUploadResult')) throw this.#refusal(200, done)
    } catch (error) {
      // Parts cost money until they are removed; the stop of the server waits for that.
      const patience = AbortSignal.timeout(ABORT_MS)
      await this.#send('DELETE', `${url}?${query}`, { signal: patience }).catch(() => undefined)
      throw error
    }
  }

  async #send(
    method: string,
    url: string,
    { body, signal }: { body?: Bytes; signal?: AbortSignal | undefined },
  ): Promise<Response> {
    const hash = createHash('sha256')
      .update(body ?? '')
      .digest('hex')
    const timeout = AbortSignal.timeout(body ? REQUEST_MS : QUESTION_MS)
    const ended = signal ? AbortSignal.any([signal, timeout]) : timeout
    const ask = async () => {
      const given = { method, headers: { 'x-amz-content-sha256': hash }, ...(body && { body }) }
      const signed = await this.#client.sign(url, given)
      // The library fetches a Request of its own; once that is collected as garbage its signal aborts nothing any more.
      // A redirect names another region or host, for which the signature is not.
      const options = { method, headers: signed.headers, signal: ended, redirect: 'manual' as const }
      return fetch(signed.url, { ...options, ...(body && { body }) })
    }
    const pause = new DoublingPause(FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
    try {
      for (let rest = this.#retries; rest > 0; rest--) {
        const response = await ask().catch(() => undefined)
        if (response && response.status < 500 && response.status !== 429) return response
        await response?.body?.cancel()
        await delay(pause.next(), undefined, { signal: ended })
      }
      return await ask()
    } catch (error) {
      if (signal?.aborted) throw error
      throw this.#unreachable(error)
    }
  }

  /** The text of an answer. @throws when it is a refusal, or too long */
  async #check(response: Response): Promise<string> {
    const text = await this.#textOf(response)
    if (response.ok) return text
    throw this.#refusal(response.status, text)
  }

  async #textOf(response: Response): Promise<string> {
    const chunks: Uint8Array[] = []
    let bytes = 0
    try {
      for await (const chunk of response.body ?? []) {
        bytes += chunk.length
        if (bytes > MAX_ANSWER_BYTES) break
        chunks.push(chunk)
      }
    } catch (error) {
      throw this.#unreachable(error)
    }
    if (bytes > MAX_ANSWER_BYTES)
      throw new Error(`${this.#host} answered with more than ${MAX_ANSWER_BYTES} bytes`)
    return Buffer.concat(chunks).toString()
  }

  #unreachable(error: unknown): Error {
    const { cause = error } = error as Error
    const why = cause instanceof Error ? cause.message : String(cause)
    return new Error(`${this.#host} cannot be reached: ${why}`, { cause: error })
  }

  #refusal(status: number, text: string): Error {
    const code = this.#quoted(textOf(text, 'Code'), MAX_CODE_CHARACTERS)
    const message = this.#quoted(textOf(text, 'Message'), MAX_MESSAGE_CHARACTERS).replace(/\.$/, '')
    const answered = `${this.#host} answered ${`${status} ${code}`.trim()}`
    return new Error(message === '' ? answered : `${answered}: ${message}`)
  }

  /** A text of the bucket as a message may hold it. */
  #quoted(text = '', maxCharacters: number): string {
    let shown = text
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, '***')
    return shown
      .replaceAll(/\p{C}+/gu, ' ')
      .slice(0, maxCharacters)
      .trim()
  }

  get #host(): string {
    return new URL(this.url).host
  }
}

/** With every special character of the path percent-encoded: a `+` would be signed as a space. */
function encoded(url: string): string {
  const { origin, pathname } = new URL(url)
  return (
    origin +
    pathname
      .split('/')
      .map((part) => encodeURIComponent(decodeURIComponent(part)))
      .join('/')
  )
}

/** With `%20` for a space: a `+` is signed as the letter. */
function queryOf(parameters: Record<string, string | number | undefined>): string {
  return Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`)
    .join('&')
}

type Bytes = Buffer<ArrayBuffer>

async function readPart(handle: FileHandle, position: number, length: number): Promise<Bytes> {
  const buffer = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) throw new Error('the file became shorter while it was uploaded')
    filled += bytesRead
  }
  return buffer
}

/** The text of the first element of this name; S3 writes them without attributes. */
function textOf(xml: string, element: string): string | undefined {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]
  return text === undefined ? undefined : unescaped(text)
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,6})|(\w+));/g, (entity, code?: string, name = '') =>
    code === undefined ? (ENTITIES[name] ?? entity) : String.fromCodePoint(Number(code)),
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
