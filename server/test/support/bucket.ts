import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BucketConfig } from '../../src/store/backup/bucket.ts'

export type TestBucket = {
  config: BucketConfig
  /** By key. */
  objects: Map<string, Buffer>
  /** Uploads that were begun and neither completed nor aborted: their parts by number. */
  uploads: Map<string, Map<number, Buffer>>
  /** The requests that were answered, as `METHOD path?query`. */
  requests: string[]
  /** From now on, these requests are answered with 503. */
  refuse: (isRefused: (request: IncomingMessage) => boolean) => void
  close: () => Promise<void>
}

/**
 * A bucket as S3 answers: in memory, with parts and pages of lists, refusing what is not signed by version 4 of the signature
 * or does not have the SHA-256 that was signed.
 */
export async function openBucket({ pageKeys = 1000 }: { pageKeys?: number } = {}): Promise<TestBucket> {
  const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: randomBytes(20).toString('base64'),
    region: 'eu-central-1',
  }
  const bucket = {
    objects: new Map<string, Buffer>(),
    uploads: new Map<string, Map<number, Buffer>>(),
    requests: [] as string[],
  }
  let isRefused: (request: IncomingMessage) => boolean = () => false

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    bucket.requests.push(`${request.method} ${request.url}`)
    const refuse = (status: number, code: string, message: string) =>
      response.writeHead(status).end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`)
    if (isRefused(request)) return refuse(503, 'SlowDown', 'Reduce your request rate.')
    const url = new URL(request.url ?? '', origin)
    if (request.headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex')) {
      return refuse(400, 'XAmzContentSHA256Mismatch', 'The body has another hash.')
    }
    const signed = { method: request.method ?? '', url, headers: request.headers }
    if (request.headers.authorization !== authorizationOf(signed, credentials)) {
      return refuse(403, 'SignatureDoesNotMatch', 'The signature is another one.')
    }
    const key = decodeURIComponent(url.pathname).replace('/bucket', '').slice(1)
    const { method } = request
    const upload = url.searchParams.get('uploadId') ?? ''
    const parts = bucket.uploads.get(upload)
    if (method === 'GET' && key === '') return response.end(listOf(url.searchParams))
    if (method === 'HEAD') {
      const object = bucket.objects.get(key)
      return response.writeHead(object ? 200 : 404, object && { 'content-length': object.length }).end()
    }
    if (method === 'POST' && url.searchParams.has('uploads')) {
      const id = randomBytes(8).toString('base64')
      bucket.uploads.set(id, new Map())
      return response.end(
        `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      )
    }
    if (upload !== '' && !parts) return refuse(404, 'NoSuchUpload', 'There is no such upload.')
    if (method === 'PUT' && parts) {
      parts.set(Number(url.searchParams.get('partNumber')), body)
      return response.writeHead(200, { etag: etagOf(body) }).end()
    }
    if (method === 'POST' && parts) {
      const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)]
      const isComplete = named.every(([, number, tag]) => etagOf(parts.get(Number(number)) ?? body) === tag)
      // As S3: found after the answer has begun.
      if (!isComplete)
        return response.end('<Error><Code>InvalidPart</Code><Message>A part is missing.</Message></Error>')
      bucket.objects.set(key, Buffer.concat(named.map(([, number]) => parts.get(Number(number)) as Buffer)))
      bucket.uploads.delete(upload)
      return response.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
    }
    if (method === 'DELETE') {
      if (parts) bucket.uploads.delete(upload)
      else bucket.objects.delete(key)
      return response.writeHead(204).end()
    }
    if (method === 'PUT') {
      bucket.objects.set(key, body)
      return response.writeHead(200, { etag: etagOf(body) }).end()
    }
    return refuse(405, 'MethodNotAllowed', 'Not here.')
  }

  function listOf(query: URLSearchParams): string {
    const keys = [...bucket.objects.keys()]
      .filter((key) => key.startsWith(query.get('prefix') ?? ''))
      .toSorted()
    const from = Number(query.get('continuation-token')?.replace('token+/=', '') ?? 0)
    const page = keys
      .slice(from, from + pageKeys)
      .map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`)
    const next = from + pageKeys < keys.length
    const token = next ? `<NextContinuationToken>token+/=${from + pageKeys}</NextContinuationToken>` : ''
    return `<ListBucketResult>${page.join('')}${token}</ListBucketResult>`
  }

  return {
    ...bucket,
    config: { url: `${origin}/bucket/folder`, ...credentials },
    refuse: (isTheOne) => {
      isRefused = isTheOne
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** As stores written in Go do. */
const escaped = (text: string) => text.replaceAll(/[&<>'"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

const etagOf = (body: Buffer) => `"${createHash('md5').update(body).digest('hex')}"`

type Signed = { method: string; url: URL; headers: IncomingHttpHeaders }
type Credentials = { accessKeyId: string; secretAccessKey: string; region: string }

/** The `Authorization` that version 4 of the signature asks for, of the headers that the request says are signed. */
export function authorizationOf(
  { method, url, headers }: Signed,
  { accessKeyId, secretAccessKey, region }: Credentials,
): string {
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? ''
  const encode = (text: string) =>
    encodeURIComponent(text).replaceAll(
      /[!'()*]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  const canonical = [
    method,
    decodeURIComponent(url.pathname).split('/').map(encode).join('/'),
    [...url.searchParams]
      .map((pair) => pair.map(encode).join('='))
      .toSorted()
      .join('&'),
    ...names.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n')
  const time = String(headers['x-amz-date'])
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  )
  let key: string | Buffer = `AWS4${secretAccessKey}`
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
  const signature = createHmac('sha256', key).update(text).digest('hex')
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
}
