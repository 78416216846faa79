import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** The paths of a new self-signed certificate for this name, and of its key. */
export function makeCertificate(folder: string, host: string): { cert: string; key: string } {
  const paths = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') }
  const kind = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'
  const place = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  execFileSync('openssl', [...kind.split(' '), ...place, '-keyout', paths.key, '-out', paths.cert], {
    stdio: 'ignore',
  })
  return paths
}
