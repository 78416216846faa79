import type { Decoded } from '../../ingest/decoded.ts'
import { StreamLevels } from '../../ingest/inference/stream-levels.ts'
import type { KnownForm, RememberedForms } from './remembered-forms.ts'

/** Streams whose last lines are held, at most 64 kB each, 6 MB in all; the one that was silent longest starts anew. */
const MAX_STREAMS = 100
/** As long as a change of another server may go unseen. */
const KNOWN_MS = 60_000

type Stream = { levels: StreamLevels; version: number; askedAt: number }

const NOTHING_KNOWN: KnownForm = { version: 0, form: undefined }

/** Reads the levels of lines that come in streams with labels, such as Loki's, by what is remembered of each stream. */
export class StreamForms {
  readonly #forms: RememberedForms
  readonly #streams = new Map<string, Stream>()

  constructor(forms: RememberedForms) {
    this.#forms = forms
  }

  /** Gives the records of a body that states no level beside the text those of their streams' forms. */
  async read({ streams }: Decoded, { holder, wayIn }: { holder: string; wayIn: string }): Promise<void> {
    if (streams === undefined) return
    for (const [source, lines] of streams) {
      const place = { holder, wayIn, source }
      const stream = await this.#streamOf(place)
      const known = { version: stream.version, form: stream.levels.form }
      if (!stream.levels.read(lines, Math.floor(Date.now() / 1000))) continue
      await this.#forms.learn(place, known, stream.levels.form)
      stream.askedAt = Number.NEGATIVE_INFINITY
    }
  }

  async #streamOf(place: { holder: string; wayIn: string; source: string }): Promise<Stream> {
    const key = `${place.holder} ${place.wayIn} ${place.source}`
    const before = this.#streams.get(key)
    this.#streams.delete(key)
    if (before !== undefined && performance.now() - before.askedAt < KNOWN_MS) {
      this.#streams.set(key, before)
      return before
    }
    // Where the database is away, storing the lines says so.
    const { version, form } = await this.#forms.find(place, undefined).catch(() => NOTHING_KNOWN)
    const stream = before ?? { levels: new StreamLevels(form), version, askedAt: 0 }
    if (form !== undefined) stream.levels.form = form
    Object.assign(stream, { version, askedAt: performance.now() })
    this.#streams.set(key, stream)
    for (const oldest of this.#streams.keys()) {
      if (this.#streams.size <= MAX_STREAMS) break
      this.#streams.delete(oldest)
    }
    return stream
  }
}
