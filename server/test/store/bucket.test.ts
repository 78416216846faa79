// Backups in a bucket, against one that verifies each signature; the verification itself against Amazon's published examples.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Bucket } from '../../src/store/backup/bucket.ts'
import { authorizationOf, openBucket } from '../support/bucket.ts'

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const NAME = 'timelapser-logs-20261130T020000Z.backup'

async function makeBucket(options: Parameters<typeof openBucket>[0] = {}) {
  const bucket = await openBucket(options)
  const folder = await mkdtemp(join(tmpdir(), 'timelapser-bucket-'))
  onTestFinished(async () => {
    await bucket.close()
    await rm(folder, { recursive: true })
  })
  const fileOf = async (bytes: Buffer | string) => {
    await writeFile(join(folder, NAME), bytes)
    return join(folder, NAME)
  }
  return { bucket, fileOf }
}

it.each([
  {
    url: 'https://examplebucket.s3.amazonaws.com/?lifecycle=',
    names: 'host;x-amz-content-sha256;x-amz-date',
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    url: 'https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J',
    names: 'host;x-amz-content-sha256;x-amz-date',
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
  {
    url: 'https://examplebucket.s3.amazonaws.com/test.txt',
    names: 'host;range;x-amz-content-sha256;x-amz-date',
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
])('the verification gives the published signature of $url', ({ url, names, signature }) => {
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=-, SignedHeaders=${names}, Signature=-`,
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': EMPTY,
    'x-amz-date': '20130524T000000Z',
  }
  const credentials = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    region: 'us-east-1',
  }
  expect(authorizationOf({ method: 'GET', url: new URL(url), headers }, credentials)).toContain(signature)
})

it('uploads a small file whole and a large one in parts, with prefixes of any letters', async () => {
  const { bucket, fileOf } = await makeBucket()
  const small = await fileOf('small')
  const config = { ...bucket.config, url: bucket.config.url.replace('folder', "Kö%20(ln)/it's+one") }
  await new Bucket(config).upload(small)
  expect(bucket.objects.get(`Kö (ln)/it's+one/${NAME}`)?.toString()).toBe('small')

  const bytes = Buffer.alloc(2500, 'abcdefg')
  const parted = new Bucket(config, { partBytes: 1000 })
  const upload = await parted.upload(await fileOf(bytes), { keep: 1 })
  expect(upload).toEqual({
    ...{ name: NAME, bytes: 2500, removed: [] },
    url: bucket.config.url.replace('folder', `K%C3%B6%20(ln)/it's%2Bone/${NAME}`),
  })
  expect(bucket.objects.get(`Kö (ln)/it's+one/${NAME}`)).toEqual(bytes)
  expect(bucket.requests.filter((request) => request.includes('partNumber'))).toHaveLength(3)
  expect([await parted.has(NAME, 2500), await parted.has(NAME, 1), await parted.has('no', 1)]).toEqual([
    true,
    false,
    false,
  ])
})

it('removes older backups beyond those to keep, from a list of several pages, and nothing else', async () => {
  const { bucket, fileOf } = await makeBucket({ pageKeys: 2 })
  const others = [
    'timelapser-logs-20260101T020000Z.backup.part',
    'sub/timelapser-logs-20260101T020000Z.backup',
    'timelapser-logs-20261201T020000Z.backup',
  ]
  const names = ['20261129', '20261127', '20261128'].map((day) => `timelapser-logs-${day}T020000Z.backup`)
  for (const name of [...names, ...others]) bucket.objects.set(`folder/${name}`, Buffer.from('x'))
  bucket.objects.set(`elsewhere/${names[0]}`, Buffer.from('x'))
  const { removed } = await new Bucket(bucket.config).upload(await fileOf('new'), { keep: 2 })
  expect(removed).toEqual([names[1], names[2]])
  expect([...bucket.objects.keys()].toSorted()).toEqual(
    [`elsewhere/${names[0]}`, ...[...others, names[0], NAME].map((name) => `folder/${name}`)].toSorted(),
  )

  // At the root of the bucket, and below a name that the list escapes; neither reads a list of the others.
  for (const path of ['', "/it's <one>"]) {
    const [folder, url] = [path === '' ? '' : `${path.slice(1)}/`, bucket.config.url.replace('/folder', path)]
    bucket.objects.set(folder + names[1], Buffer.from('x'))
    const before = bucket.requests.length
    expect(
      await new Bucket({ ...bucket.config, url }).upload(await fileOf('new'), { keep: 1 }),
    ).toMatchObject({
      removed: [names[1]],
    })
    expect(bucket.objects.has(folder + NAME)).toBe(true)
    expect(bucket.requests.slice(before)).toHaveLength(3)
  }
})

it('repeats a part whose connection broke', async () => {
  const { bucket, fileOf } = await makeBucket()
  let breaks = 2
  bucket.refuse(({ url, socket }) => {
    if (url?.includes('partNumber=2') && breaks-- > 0) socket.destroy()
    return false
  })
  const bytes = Buffer.alloc(2500, 'abc')
  await new Bucket(bucket.config, { partBytes: 1000 }).upload(await fileOf(bytes))
  expect(bucket.objects.get(`folder/${NAME}`)).toEqual(bytes)
  expect(breaks).toBeLessThan(1)
})

it('leaves no parts of an upload that fails or is stopped, and says what the bucket answered', async () => {
  const { bucket, fileOf } = await makeBucket()
  const file = await fileOf(Buffer.alloc(3000, 'x'))
  const options = { partBytes: 1000, retries: 0 }
  bucket.refuse(({ url }) => url?.includes('partNumber=2') ?? false)
  await expect(new Bucket(bucket.config, options).upload(file)).rejects.toThrow(
    /^127\.0\.0\.1:\d+ answered 503 SlowDown: Reduce your request rate$/,
  )
  const stop = new AbortController()
  bucket.refuse(({ url }) => {
    if (url?.includes('partNumber=3')) stop.abort()
    return false
  })
  const stopped = new Bucket(bucket.config, options).upload(file, { signal: stop.signal })
  await expect(stopped).rejects.toThrow('aborted')
  expect([bucket.objects.size, bucket.uploads.size]).toEqual([0, 0])

  const wrong = { ...bucket.config, secretAccessKey: 'another' }
  await expect(new Bucket(wrong, options).upload(file)).rejects.toThrow('answered 403 SignatureDoesNotMatch')
  await bucket.close()
  await expect(new Bucket(bucket.config, options).upload(file)).rejects.toThrow(
    /^127\.0\.0\.1:\d+ cannot be reached: connect ECONNREFUSED/,
  )
})

describe('a bucket that is an attacker', () => {
  const config = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/key+1', sessionToken: 'token==' }

  /** Answers every request alike, and counts them. */
  async function hostile(answer: RequestListener) {
    const requests: string[] = []
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`)
      request.resume().on('end', () => answer(request, response))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    return { requests, host, config: { ...config, url: `http://${host}/bucket/folder` } }
  }
  const fileOf = async (bytes: number) => (await makeBucket()).fileOf(Buffer.alloc(bytes, 'x'))
  const upload = async ({ config }: Awaited<ReturnType<typeof hostile>>, bytes = 10) =>
    new Bucket(config, { partBytes: 1000, retries: 0 })
      .upload(await fileOf(bytes), { keep: 1 })
      .then(String, ({ message }: Error) => message)

  it.each([301, 302, 307, 308])('that leads elsewhere by %i is not followed', async (status) => {
    const elsewhere = await hostile((_, response) => response.end())
    const location = `http://${elsewhere.host}/bucket/folder/${NAME}`
    const bucket = await hostile((_, response) => response.writeHead(status, { location }).end())
    expect(await upload(bucket)).toBe(`${bucket.host} answered ${status}`)
    await expect(new Bucket(bucket.config).has(NAME, 1)).rejects.toThrow(`answered ${status}`)
    expect(elsewhere.requests).toEqual([])
  })

  it('that never answers is waited for until the server stops, also after a collection of garbage', async () => {
    const bucket = await hostile(() => undefined)
    const stop = new AbortController()
    const uploading = new Bucket(bucket.config).upload(await fileOf(10), { signal: stop.signal })
    await expect.poll(() => bucket.requests).toHaveLength(1)
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    await setImmediate()
    collect()
    stop.abort()
    await expect(uploading).rejects.toThrow('aborted')
  })

  it('whose answer never ends is read for 8 MB', async () => {
    let isClosed = false
    const bucket = await hostile((_, response) => {
      const write = () => {
        while (response.write('x'.repeat(65_536)) && !response.closed);
      }
      response.on('drain', write).on('close', () => {
        isClosed = true
      })
      write()
    })
    expect(await upload(bucket)).toBe(`${bucket.host} answered with more than ${8 * 1024 ** 2} bytes`)
    await expect.poll(() => isClosed).toBe(true)
  })

  it('whose list never ends is read for 100 pages, and nothing is removed', async () => {
    const page = `<Key>folder/timelapser-logs-20250101T020000Z.backup</Key>`
    const bucket = await hostile((_, response) =>
      response.end(`${page}<NextContinuationToken>again</NextContinuationToken>`),
    )
    expect(await upload(bucket)).toBe(`${bucket.host} lists more than 100 pages of backups`)
    const asked = (method: string) => bucket.requests.filter((request) => request.startsWith(method)).length
    expect([asked('GET'), asked('DELETE')]).toEqual([100, 0])
  })

  it('whose page holds more names than all pages may is read no further', async () => {
    const page = '<Key>folder/timelapser-logs-20250101T020000Z.backup</Key>'.repeat(101_000)
    const bucket = await hostile((_, response) =>
      response.end(`${page}<NextContinuationToken>again</NextContinuationToken>`),
    )
    expect(await upload(bucket)).toContain('lists more than 100 pages')
    expect(bucket.requests.filter((request) => request.startsWith('GET'))).toHaveLength(1)
  })

  it('whose upload has an id or hashes of any length gets no part more', async () => {
    const bucket = await hostile((_, response) => response.end(`<UploadId>${'i'.repeat(1e6)}</UploadId>`))
    expect(await upload(bucket, 2500)).toContain('without an UploadId of 2000 characters')
    expect(bucket.requests).toEqual([`POST /bucket/folder/${NAME}?uploads=`])
    const hashes = await hostile((_, response) =>
      response.writeHead(200, { etag: 'e'.repeat(10_000) }).end('<UploadId>id</UploadId>'),
    )
    expect(await upload(hashes, 2500)).toBe(`${hashes.host} answered with a hash that is too long`)
    expect(hashes.requests.map((request) => request.split(' ')[0])).toEqual(['POST', 'PUT', 'DELETE'])
  })

  it('that answers with our credentials, control characters or a long text is quoted without them', async () => {
    const bucket = await hostile(({ headers }, response) => {
      const given = `${config.secretAccessKey} ${headers['x-amz-security-token']}\u001b[2J\n\u202e`
      response.writeHead(403)
      response.end(`<Code>${'C'.repeat(1e6)}</Code><Message>${given}${'m'.repeat(1e6)}</Message>`)
    })
    const message = await upload(bucket)
    expect(message).toBe(`${bucket.host} answered 403 ${'C'.repeat(64)}: *** *** [2J ${'m'.repeat(288)}`)
  })
})
