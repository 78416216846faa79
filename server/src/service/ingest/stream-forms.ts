import type { Decoded, Steps, StreamLine } from '../../ingest/decoded.ts'
import { StreamLevels } from '../../ingest/inference/stream-levels.ts'
import type { FormPlace } from '../../store/writing/line-forms.ts'
import type { RememberedForms } from './remembered-forms.ts'

/** Streams whose last lines are held, at most 64 kB each, 13 MB in all; the one that was silent longest starts anew. */
const MAX_STREAMS = 200
/** As long as a change of another server may go unseen. */
const KNOWN_MS = 60_000

/** Questions to the database about the streams of one body; the others are asked about with a later one. */
const MOST_ASKED = 20
const NEVER = Number.NEGATIVE_INFINITY

/** Runs work in turns with the decoding of bodies. */
type DecodingTurns = { run<D>(steps: Steps<D>, bytes: number): Promise<D> }

type Stream = { levels: StreamLevels; version: number; askedAt: number }

/** Reads the levels of lines that come in streams with labels, such as Loki's, by what is remembered of each stream. */
export class StreamForms {
  readonly #forms: RememberedForms
  readonly #bodies: DecodingTurns
  readonly #streams = new Map<string, Stream>()

  constructor(forms: RememberedForms, bodies: DecodingTurns) {
    this.#forms = forms
    this.#bodies = bodies
  }

  /**
   * Gives the records of a body that states no level beside the text those of their streams' forms. One stream of a body is
   * looked at, the others with later ones: those of a body of 200 would keep everybody waiting for seconds.
   */
  async read({ streams }: Decoded, { holder, wayIn }: { holder: string; wayIn: string }): Promise<void> {
    if (streams === undefined) return
    let asked = 0
    const present: { place: FormPlace; stream: Stream; lines: StreamLine[] }[] = []
    for (const [source, lines] of streams) {
      const place = { holder, wayIn, source }
      const stream = this.#streamOf(place)
      if (performance.now() - stream.askedAt >= KNOWN_MS && asked < MOST_ASKED) {
        asked = (await this.#ask(place, stream)) ? asked + 1 : MOST_ASKED
      }
      stream.levels.note(lines)
      present.push({ place, stream, lines })
    }
    const due = present.toSorted((a, b) => b.stream.levels.overdue - a.stream.levels.overdue)[0]
    if (due !== undefined && due.stream.levels.overdue >= 0) await this.#look(due)
    for (const { stream, lines } of present) await this.#bodies.run(stream.levels.apply(lines), 0)
  }

  async #look({ place, stream }: { place: FormPlace; stream: Stream }): Promise<void> {
    const known = { version: stream.version, form: stream.levels.form }
    if (!stream.levels.look(Math.floor(Date.now() / 1000))) return
    await this.#forms.learn(place, known, stream.levels.form)
    stream.askedAt = NEVER
  }

  #streamOf({ holder, wayIn, source }: FormPlace): Stream {
    const key = `${holder} ${wayIn} ${source}`
    const stream = this.#streams.get(key) ?? { levels: new StreamLevels(), version: 0, askedAt: NEVER }
    // The last in the order of the map is the one that was heard of last.
    this.#streams.delete(key)
    this.#streams.set(key, stream)
    for (const oldest of this.#streams.keys()) {
      if (this.#streams.size <= MAX_STREAMS) break
      this.#streams.delete(oldest)
    }
    return stream
  }

  /** Returns whether there was an answer: where the database is away, storing the lines says so. */
  async #ask(place: FormPlace, stream: Stream): Promise<boolean> {
    const known = await this.#forms.find(place, undefined).catch(() => undefined)
    if (known === undefined) return false
    stream.askedAt = performance.now()
    stream.version = known.version
    if (known.form !== undefined) stream.levels.form = known.form
    return true
  }
}
