// Decides how a stream's lines are read, from its first lines, and again when the form stops fitting.
import type { InferredTime } from './infer-time.ts'
import {
  compileForm,
  type FormContext,
  type FormReader,
  fitOf,
  inferForm,
  type LogForm,
  NO_FORM,
} from './log-form.ts'

/** Lines by which it is judged whether a form still fits. */
const WINDOW = 200
/** Below this share of lines with a time a form no longer fits. */
const LEAST_FIT = 0.5
/** A stream of which only a few lines were known is looked at again at twice, four times, … as many. */
const FIRST_REVIEW = 8
/** Lines between two looks at a stream that has no form at all. */
const LONGEST_PAUSE = 100_000

/** The inferred form of a file's or stream's lines; a revision touches later lines only. */
export class FormTracker {
  form: LogForm
  reader: FormReader
  /** Forms that were in force, the oldest first. */
  readonly forms: LogForm[] = []
  readonly #context: FormContext
  readonly #isGiven: boolean
  readonly #remembered: LogForm | undefined
  readonly #isResumed: boolean
  readonly #recent: string[] = []
  #seen = 0
  #dated = 0
  #nextReview = FIRST_REVIEW

  /**
   * @param given a form that is not to be revised.
   * @param remembered a form that earlier lines were read by: it is kept as long as it fits.
   * @param isResumed whether the first of these lines may be those that it was found from: they are read by it again.
   */
  constructor(context: FormContext, given?: LogForm, remembered?: LogForm, isResumed = false) {
    this.#context = context
    this.#remembered = remembered
    this.#isResumed = isResumed
    this.#isGiven = given !== undefined
    this.form = given ?? NO_FORM
    this.reader = compileForm(this.form)
    if (given !== undefined) this.forms.push(given)
  }

  /** Takes the first lines of a stream as what to judge it by. */
  begin(lines: readonly string[]): void {
    if (this.#isGiven || lines.length === 0) return
    this.#take(this.#choose(lines))
    this.#nextReview = lines.length >= WINDOW ? WINDOW : Math.max(FIRST_REVIEW, lines.length * 2)
  }

  /** The remembered form, unless it does not fit and what the lines say by themselves does, or they say more. */
  #choose(lines: readonly string[]): LogForm {
    const found = inferForm(lines, this.#context)
    if (this.#remembered === undefined) return found
    const known = fitOf(this.#remembered, lines)
    const share = (form: LogForm) => form.dated / Math.max(1, form.lines)
    const fits = share(known) >= LEAST_FIT || share(found) <= share(known)
    const isMore = found.lines >= WINDOW && this.#remembered.lines < WINDOW && share(found) >= share(known)
    const isOtherOrder = share(found) >= share(known) && tellsOtherOrder(found, this.#remembered)
    if (!fits || (isMore && !this.#isResumed) || isOtherOrder) return found
    // From more lines it may be found that there is more to it.
    if (this.#isResumed && this.#remembered.lines < WINDOW) return this.#remembered
    // It was found from more lines than these, and is judged by these.
    return { ...known, lines: Math.max(known.lines, this.#remembered.lines), dated: this.#remembered.dated }
  }

  /** Notes a line that begins a record, after it was read. */
  note(line: string, isDated: boolean): void {
    if (this.#isGiven) return
    this.#recent.push(line)
    if (this.#recent.length > WINDOW) this.#recent.shift()
    this.#seen += 1
    if (isDated) this.#dated += 1
    if (this.#seen < this.#nextReview) return
    const isKnown = this.form.lines >= WINDOW
    if (!isKnown || this.#dated / this.#seen < LEAST_FIT) {
      const next = inferForm(this.#recent, this.#context)
      const isBetter = next.dated / Math.max(1, next.lines) > this.#dated / this.#seen
      if (!isKnown || isBetter) this.#take(next)
      this.#nextReview = isKnown && isBetter ? WINDOW : Math.min(LONGEST_PAUSE, this.#nextReview * 2)
    } else this.#nextReview = WINDOW
    this.#seen = 0
    this.#dated = 0
  }

  #take(form: LogForm): void {
    this.form = form
    this.reader = compileForm(form)
    this.forms.push(form)
  }
}

/** Whether lines tell day from month, and the other way round than it was remembered or assumed. */
function tellsOtherOrder(found: LogForm, remembered: LogForm): boolean {
  if (found.time === 'fixed' || remembered.time === 'fixed')
    return found.time === remembered.time && found.order !== undefined && found.order !== remembered.order
  const templatesIn = ({ parts }: InferredTime) => parts.map(({ template }) => template).join(' ')
  return found.time.order === 'decided' && templatesIn(found.time) !== templatesIn(remembered.time)
}
