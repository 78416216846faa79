import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { errorCode, StartupError } from '../../startup-error.ts'

/** Files in PEM form, with the names of the variables that say where they are. */
export type CertificateFiles = {
  certificate: string | undefined
  key: string | undefined
  names: { port: string; certificate: string; key: string }
}

/** The outcome of a change of the files: the new pair is in use until `valid_to`, or the old pair stays for the reason in `error`. */
export type CertificateNews = { variable: string; valid_to?: string; error?: string }

/** A server whose certificate can be replaced while it runs. */
export type SecureServer = { setSecureContext: (options: SecureContextOptions) => void }

type NamedFiles = CertificateFiles & { certificate: string; key: string }

type Pair = { cert: Buffer; key: Buffer }

/**
 * How often the files are compared, in milliseconds. Their content is read, since a change of a symbolic link, as certbot
 * and Kubernetes make it, is not an event of the file.
 */
const LOOK_MS = 2000

/** A certificate and its key, read anew while they are in use. Established connections keep the one they began with. */
export class LiveCertificate {
  readonly #files: NamedFiles
  readonly #onNews: (news: CertificateNews) => void
  readonly #servers = new Set<SecureServer>()
  readonly #timer: NodeJS.Timeout
  #pair: Pair
  /** The look before this one failed like this: a pair that is being replaced is wrong for a moment. */
  #failure: { text: string; isSaid: boolean } | undefined
  #looking = Promise.resolve()

  private constructor(
    files: NamedFiles,
    pair: Pair,
    { onNews = () => undefined, everyMs = LOOK_MS }: LiveCertificateOptions,
  ) {
    this.#files = files
    this.#pair = pair
    this.#onNews = onNews
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look())
    }, everyMs)
    this.#timer.unref()
  }

  /** @throws {StartupError} when one of the files is not named, cannot be read, or does not belong to the other */
  static async open(
    { certificate, key, names }: CertificateFiles,
    options: LiveCertificateOptions = {},
  ): Promise<LiveCertificate> {
    if (certificate === undefined || key === undefined) {
      throw new StartupError(
        `${names.port} needs a certificate. Set ${names.certificate} and ${names.key} to files in PEM form.`,
      )
    }
    const files = { certificate, key, names }
    return new LiveCertificate(files, await readPair(files), options)
  }

  get cert(): Buffer {
    return this.#pair.cert
  }

  get key(): Buffer {
    return this.#pair.key
  }

  /** SHA-256 of the certificate itself, by which a command on this machine knows the server. */
  get fingerprint(): string {
    return fingerprintOf(this.#pair.cert)
  }

  /** Gives the server each new pair. */
  serve(server: SecureServer): void {
    this.#servers.add(server)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  async #look(): Promise<void> {
    try {
      const pair = await readPair(this.#files)
      this.#failure = undefined
      if (pair.cert.equals(this.#pair.cert) && pair.key.equals(this.#pair.key)) return
      for (const server of this.#servers) server.setSecureContext({ ...pair, minVersion: MIN_VERSION })
      this.#pair = pair
      this.#onNews({ variable: this.#files.names.certificate, valid_to: validTo(pair.cert) })
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error))
    }
  }

  #fail(text: string): void {
    const isSecond = this.#failure?.text === text
    const isSaid = isSecond && (this.#failure?.isSaid ?? false)
    this.#failure = { text, isSaid: isSecond }
    if (isSecond && !isSaid) this.#onNews({ variable: this.#files.names.certificate, error: text })
  }
}

export type LiveCertificateOptions = {
  onNews?: ((news: CertificateNews) => void) | undefined
  everyMs?: number
}

/** Older versions of TLS have known weaknesses. */
export const MIN_VERSION = 'TLSv1.2'

async function readPair({ certificate, key, names }: NamedFiles): Promise<Pair> {
  const read = (name: string, path: string) =>
    readFile(path).catch((cause: unknown) => {
      throw new StartupError(`${name} cannot be read: ${path} (${errorCode(cause)}).`, { cause })
    })
  const pair = { cert: await read(names.certificate, certificate), key: await read(names.key, key) }
  const isCertificate = isPem(() => new X509Certificate(pair.cert))
  if (!isCertificate)
    throw new StartupError(`${names.certificate} has no certificate in PEM form: ${certificate}.`)
  try {
    createSecureContext(pair)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^error:[^:]*:/, '') : String(cause)
    throw new StartupError(
      `${names.certificate} and ${names.key} cannot be used together: ${certificate}, ${key} (${reason}). The key must be the private key of the certificate, in PEM form and without a passphrase.`,
      { cause },
    )
  }
  return pair
}

function isPem(read: () => unknown): boolean {
  try {
    return read() !== undefined
  } catch {
    return false
  }
}

function fingerprintOf(cert: Buffer): string {
  return createHash('sha256').update(new X509Certificate(cert).raw).digest('hex')
}

function validTo(cert: Buffer): string {
  return new Date(new X509Certificate(cert).validTo).toISOString()
}
