import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { makeCertificate } from '../../../../test/support/certificate.ts'
import { temporaryFolder } from '../../../../test/support/program.ts'
import { StartupError } from '../../startup-error.ts'
import { type CertificateNews, LiveCertificate } from './certificate.ts'

const NAMES = { port: 'HTTPS', certificate: 'TLS_CERT', key: 'TLS_KEY' }

/** Folders with a pair each, and the names under which a server reads the one that `current` leads to. */
function pairs(...names: string[]) {
  const folder = temporaryFolder()
  for (const name of names) {
    mkdirSync(join(folder, name))
    makeCertificate(join(folder, name), name)
  }
  /** As Kubernetes and certbot do: a link is put in the place of another. */
  const use = (name: string) => {
    symlinkSync(name, join(folder, 'next'))
    renameSync(join(folder, 'next'), join(folder, 'current'))
  }
  use(names[0] ?? '')
  const at = (file: string) => join(folder, 'current', file)
  return { folder, use, files: { certificate: at('tls.crt'), key: at('tls.key'), names: NAMES } }
}

test('serves the pair that its files lead to, and the last good one while they are wrong', async () => {
  const { folder, use, files } = pairs('old', 'new')
  const news: CertificateNews[] = []
  const certificate = await LiveCertificate.open(files, { onNews: (one) => news.push(one), everyMs: 10 })
  const { cert, key } = certificate
  const server = createServer({ cert, key }).listen(0, '127.0.0.1')
  onTestFinished(async () => {
    await certificate.close()
    server.close()
  })
  await once(server, 'listening')
  certificate.serve(server)
  const served = async () => {
    const { port } = server.address() as AddressInfo
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const name = socket.getPeerX509Certificate()?.subject
    socket.destroy()
    return name
  }
  expect(await served()).toBe('CN=old')

  use('new')
  await expect.poll(() => news.length).toBe(1)
  expect(await served()).toBe('CN=new')
  expect(certificate.fingerprint).toBe(
    new X509Certificate(readFileSync(files.certificate)).fingerprint256.replaceAll(':', '').toLowerCase(),
  )

  // The certificate is replaced and its key is not.
  copyFileSync(join(folder, 'old/tls.crt'), join(folder, 'new/tls.crt'))
  await expect.poll(() => news.length).toBe(2)
  expect(news[1]).toEqual({
    variable: 'TLS_CERT',
    error: expect.stringMatching(/^TLS_CERT and TLS_KEY cannot be used together: .*key values mismatch/),
  })
  expect(await served()).toBe('CN=new')

  copyFileSync(join(folder, 'old/tls.key'), join(folder, 'new/tls.key'))
  await expect.poll(() => news.length).toBe(3)
  expect(await served()).toBe('CN=old')
  expect(news.map(({ error }) => error !== undefined)).toEqual([false, true, false])
})

test('names the file that cannot be used before the server starts', async () => {
  const { folder, files } = pairs('one', 'two')
  const empty = join(folder, 'empty.pem')
  writeFileSync(empty, '')
  const other = join(folder, 'two/tls.key')
  for (const [given, sentence] of [
    [{ certificate: '/nowhere.pem' }, /^TLS_CERT cannot be read: \/nowhere\.pem \(ENOENT\)\.$/],
    [{ key: folder }, /^TLS_KEY cannot be read: .* \(EISDIR\)\.$/],
    [{ certificate: empty }, /^TLS_CERT has no certificate in PEM form: .*empty\.pem\.$/],
    [{ key: empty }, /^TLS_CERT and TLS_KEY cannot be used together/],
    [{ key: other }, /cannot be used together.*The key must be the private key of the certificate/],
    [{ key: undefined }, /^HTTPS needs a certificate\. Set TLS_CERT and TLS_KEY/],
  ] as const) {
    const error = await LiveCertificate.open({ ...files, ...given }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StartupError)
    expect((error as Error).message).toMatch(sentence)
  }
})
