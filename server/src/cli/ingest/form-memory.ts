import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { KnownLineForm } from '../../http/api-schemas.ts'
import { FORM_VERSION, type LogForm } from '../../ingest/inference/log-form.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { sourceNameOf } from './ingest-input.ts'

/** The file or pipe, among those that are read with the same key. */
export type FormPlace = { way_in: 'file' | 'pipe'; source: string }

/** Lines are read without what was remembered rather than late. */
const ASK_MS = 5000
/** As many characters as the server takes. */
const MAX_SOURCE = 1000

/** How the plain lines of files and pipes are written, as the server remembers it for the key: the same wherever the command runs. */
export class FormMemory {
  readonly #client: ApiClient
  readonly #versions = new Map<string, number>()
  readonly #kept = new Map<string, LogForm>()
  /** An older server, or a key that may not ask: nothing is remembered then, and nothing else is lost. */
  #isOff = false

  constructor(client: ApiClient) {
    this.#client = client
  }

  /** The form that earlier lines of this place were read by. */
  async recall({ way_in, source }: FormPlace): Promise<LogForm | undefined> {
    const question = new URLSearchParams({ way_in, source })
    const known = await this.#ask(`GET`, `/api/line-forms?${question}`)
    if (known === undefined) return undefined
    this.#versions.set(keyOf({ way_in, source }), known.version)
    return known.form?.version === FORM_VERSION ? known.form : undefined
  }

  /** Has a form remembered that lines of this place were read by; the server sees whether it says more than the one before. */
  async keep(place: FormPlace, form: LogForm | undefined): Promise<void> {
    const key = keyOf(place)
    const after = this.#versions.get(key)
    if (form === undefined || after === undefined || this.#kept.get(key) === form) return
    this.#kept.set(key, form)
    const known = await this.#ask('POST', '/api/line-forms', { ...place, after, form })
    if (known !== undefined) this.#versions.set(key, known.version)
  }

  async #ask(method: string, path: string, body?: object): Promise<KnownLineForm | undefined> {
    if (this.#isOff) return undefined
    try {
      return await this.#client.request<KnownLineForm>(method, path, {
        timeoutMs: ASK_MS,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error
      this.#isOff = true
      return undefined
    }
  }
}

function keyOf({ way_in, source }: FormPlace): string {
  return `${way_in} ${source}`
}

/** A file by its host, folder and name; rotated ones (`app.log.1.gz`, `app-20261130.log`) are those of the file itself. */
export function placeOfFile(path: string, source: string): FormPlace {
  const name = sourceNameOf(path).replace(/(?:[._-]\d+)+$/, '') || sourceNameOf(path)
  const told = `${hostname()}:${dirname(resolve(path))}/${name} ${source}`
  return { way_in: 'file', source: [...told].slice(-MAX_SOURCE).join('') }
}

export function placeOfPipe(source: string): FormPlace {
  return { way_in: 'pipe', source }
}
