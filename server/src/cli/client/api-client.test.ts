import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { ApiClient, ApiFailure } from './api-client.ts'

/** For localhost, until 2120, and of use for this test alone. */
const SELF_SIGNED = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgp6M89iqhkPJEgNRv
HOKGMJWnFEmVojo+7wtpkmMUc6mhRANCAATiXZVKJsGh24FuvqU4RjR4rsh95RJ3
Ebb6Ygpv1hUKEdONof9WlTxZyreuDxRNmyt5nCvDHGvAbV4+ErjKr/Zv
-----END PRIVATE KEY-----`,
  certificate: `-----BEGIN CERTIFICATE-----
MIIBMDCB16ADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
dDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJ
bG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4l2VSibBoduBbr6l
OEY0eK7IfeUSdxG2+mIKb9YVChHTjaH/VpU8Wcq3rg8UTZsreZwrwxxrwG1ePhK4
yq/2b6MYMBYwFAYDVR0RBA0wC4IJbG9jYWxob3N0MAoGCCqGSM49BAMCA0gAMEUC
IQDzQSdOJAcS8CwuskNBvK6gj4TbNsbIOXpD8zc9h0zDXgIgeAQdtOI1nbWw0Z4K
vxcgiZGWHCulMWNiL6XqOiiQuEE=
-----END CERTIFICATE-----`,
}

/** The result of a request to a server that answers as given. */
async function ask(answer: (response: ServerResponse) => void, apiKey?: string): Promise<unknown> {
  const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    return await new ApiClient({ url, apiKey }).request('GET', '/api/settings', { timeoutMs: 500 })
  } catch (error) {
    return error
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function json(status: number, body: unknown, headers: Record<string, string> = {}) {
  return (response: ServerResponse) => response.writeHead(status, headers).end(JSON.stringify(body))
}

it('gives the data of a reply', async () => {
  expect(await ask(json(200, { success: true, message: '', data: { a: 1 } }))).toEqual({ a: 1 })
})

it.each<[string, (response: ServerResponse) => void, RegExp, boolean]>([
  [
    'a refusal',
    json(400, { success: false, message: 'X-Batch has to rise.' }),
    /answered 400: X-Batch has to rise\.$/,
    false,
  ],
  ['no key', json(401, { success: false, message: 'x' }), /requires an API key: give --key/, false],
  ['an overload', json(503, { success: false, message: 'Busy.' }), /answered 503: Busy\.$/, true],
  [
    'another program',
    (response) => response.end('<html>'),
    /answered 200, but not like a Timelapser Logs server/,
    false,
  ],
  [
    'a proxy without its server',
    (response) => response.writeHead(502).end('<html>'),
    /answered 502, but not like/,
    true,
  ],
  [
    'a broken connection',
    (response) => response.socket?.destroy(),
    /No response from .*: the connection was lost/,
    true,
  ],
  ['silence', () => {}, /No response from .*: it took too long/, true],
])('tells %s in a sentence, and whether to try again', async (_name, answer, sentence, isTransient) => {
  const failure = await ask(answer)
  expect(failure).toBeInstanceOf(ApiFailure)
  expect(failure).toMatchObject({ message: expect.stringMatching(sentence), isTransient })
})

it.each([
  ['localhost:4711', /it must begin with http:\/\/ or https:\/\/, such as http:\/\/localhost:4711\.$/],
  ['logs.example.org', /such as http:\/\/logs\.example\.org\.$/],
  ['ftp://logs.example.org', /"ftp:\/\/logs\.example\.org" is not a server URL/],
])('refuses the address %s with one that would do, and does not try it again', async (url, sentence) => {
  const failure = await new ApiClient({ url, apiKey: 'x' })
    .request('GET', '/api/settings')
    .catch((error) => error)
  expect(failure).toMatchObject({ message: expect.stringMatching(sentence), isTransient: false })
})

it('says so where TLS is spoken to a server without it', async () => {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new ApiClient({ url: `https://127.0.0.1:${port}`, apiKey: 'x' })
  for (const asking of [client.request('GET', '/api/settings'), client.open('/api/logs/export')]) {
    const sentence = `https://127.0.0.1:${port} does not use TLS. Use http://127.0.0.1:${port}.`
    await expect(asking).rejects.toMatchObject({ message: sentence, isTransient: false })
  }
  server.close()
})

it('says of a certificate that nobody known has signed how to trust it', async () => {
  const server = createSecureServer({ key: SELF_SIGNED.key, cert: SELF_SIGNED.certificate }).listen(
    0,
    'localhost',
  )
  await once(server, 'listening')
  const url = `https://localhost:${(server.address() as AddressInfo).port}`
  const failure = await new ApiClient({ url, apiKey: 'x' })
    .request('GET', '/api/settings')
    .catch((error) => error)
  const sentence = `The certificate of ${url} is not trusted by this machine (DEPTH_ZERO_SELF_SIGNED_CERT). Set NODE_EXTRA_CA_CERTS to the file of its authority, or of the certificate itself.`
  expect(failure).toMatchObject({ message: sentence, isTransient: false })
  server.close()
})

it('tells where it is sent elsewhere, and does not follow with its key', async () => {
  const failure = await ask((response) =>
    response.writeHead(301, { location: 'https://logs.example.org/api' }).end(),
  )
  expect(failure).toMatchObject({
    message: expect.stringMatching(/to https:\/\/logs\.example\.org\. Use that address\.$/),
  })
})

it('tells a wrong key from none', async () => {
  expect(await ask(json(401, { success: false, message: 'x' }), 'wrong')).toMatchObject({
    message: expect.stringMatching(/does not accept this API key/),
  })
})

it('passes on how long to wait', async () => {
  const failure = await ask(json(429, { success: false, message: 'Slow.' }, { 'retry-after': '2' }))
  expect(failure).toMatchObject({ isTransient: true, retryAfterMs: 2000 })
  const askedAgain = async (header: string) =>
    ((await ask(json(503, { success: false }, { 'retry-after': header }))) as ApiFailure).retryAfterMs
  // As proxies write it.
  const inAMinute = await askedAgain(new Date(Date.now() + 60_000).toUTCString())
  expect(inAMinute).toBeGreaterThan(50_000)
  expect(inAMinute).toBeLessThanOrEqual(60_000)
  expect(await askedAgain('86400')).toBe(5 * 60_000)
  for (const nothing of ['0', '-1', 'soon']) expect(await askedAgain(nothing)).toBeUndefined()
})
