import type pg from 'pg'
import { FORM_VERSION, isSameForm, type LogForm } from '../../ingest/inference/log-form.ts'
import { addLineForm, type FormPlace, findLineForm } from '../../store/writing/line-forms.ts'
import type { SenderMark } from '../../store/writing/senders.ts'

/** Fewer lines are not enough to read later ones by. */
const LEAST_LINES = 8

/** The version that lines are read by, 0 for none; its form if this program can use it. */
export type KnownForm = { version: number; form: LogForm | undefined }

/**
 * The identity a form is remembered for: a key, or the keys it replaced, with a colon as it has always been written.
 */
export function formHolder(lineage: string): string {
  return lineage.replace(' ', ':')
}

/** How the plain lines of a place are written, the same on all servers; see the migration of `line_forms`. */
export class RememberedForms {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** The form by which lines of the place are read. */
  async find(place: FormPlace, mark: SenderMark | undefined): Promise<KnownForm> {
    const { version, form } = await findLineForm(this.#pool, place, mark)
    const known = form as LogForm | undefined
    // A form that other rules found would read the lines differently now.
    return { version, form: known?.version === FORM_VERSION ? known : undefined }
  }

  /** Remembers what was found from lines, where it says more than what is known. */
  async learn(place: FormPlace, known: KnownForm, found: LogForm | undefined): Promise<void> {
    if (found === undefined || found.lines < LEAST_LINES) return
    if (known.form !== undefined && isSameForm(known.form, found)) return
    const saysNothing = found.time === 'fixed' && found.level === undefined && found.order === undefined
    if (saysNothing) return
    // The lines are stored, which is the answer; their form is found again in the next lines.
    await addLineForm(this.#pool, place, known.version, found).catch(() => undefined)
  }
}
