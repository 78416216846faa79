// Levels of a stream's lines by the place at which most of its lines carry them. Their times come beside the text.
import type { Steps, StreamLine } from '../decoded.ts'
import { withoutColours } from '../line-level.ts'
import { readLevelOf } from '../line-record.ts'
import { compileForm, type FormReader, inferForm, isSameForm, type LogForm } from './log-form.ts'

/** A head has time and level; more of it would be text. */
const HEAD_CHARACTERS = 160
/** Fewer lines are not looked at. */
const LEAST_LINES = 8
/** As many as decide whether letters are levels; no more are held. */
const MOST_LINES = 200
/** The share of lines whose level has to stand in its place. */
const LEAST_SHARE = 0.5
/** Lines between two looks at a stream whose lines have no place for a level. */
const LONGEST_PAUSE = 100_000
const LINES_A_STEP = 128

/** The lines of one stream, push by push, until it is known how they are written. */
export class StreamLevels {
  #form: LogForm | undefined
  #reader: FormReader | undefined
  #heads: string[] = []
  #seen = 0
  #nextLook = LEAST_LINES

  /** The form by which lines are read, found here or remembered. */
  get form(): LogForm | undefined {
    return this.#form
  }

  set form(form: LogForm | undefined) {
    this.#form = form
    this.#reader = form?.level === undefined ? undefined : compileForm(form)
  }

  /** For how many lines it has been time to look how they are written; less than 0 where it is not. */
  get overdue(): number {
    return this.#seen - this.#nextLook
  }

  /** Notes lines that came; their heads are held for the next look alone. */
  note(lines: readonly StreamLine[]): void {
    this.#seen += lines.length
    if (this.#seen <= this.#nextLook - MOST_LINES) return
    for (const { text } of lines.slice(-MOST_LINES)) this.#heads.push(headOf(text))
    if (this.#heads.length > MOST_LINES) this.#heads = this.#heads.slice(-MOST_LINES)
  }

  /**
   * Looks how the last lines are written, unless the form fits. It takes as long as some thousand lines.
   *
   * @returns whether another form was found.
   */
  look(nowSeconds: number): boolean {
    const heads = this.#heads
    const isMany = heads.length >= MOST_LINES
    const fits = this.#fits()
    this.#nextLook = this.#seen + Math.min(LONGEST_PAUSE, this.#seen)
    if (isMany) this.#heads = []
    if (fits && (this.#form?.lines ?? 0) >= MOST_LINES) return false
    const found = inferForm(heads, { nowSeconds })
    if (found.level === undefined || (fits && !isMany)) return false
    const isOther = this.#form === undefined || !isSameForm(this.#form, found)
    this.form = found
    return isOther
  }

  /** Gives the records the levels that their lines have in the form, in steps. */
  *apply(lines: readonly StreamLine[]): Steps<void> {
    const reader = this.#reader
    if (reader === undefined) return
    for (const [index, { text, record }] of lines.entries()) {
      if (index % LINES_A_STEP === LINES_A_STEP - 1) yield
      const line = withoutColours(text)
      const level = readLevelOf(line, reader.readTime(line), reader)
      if (level === undefined) continue
      const { original_level: _before, ...others } = record.extra_data ?? {}
      const isName = level.written.toUpperCase() === level.level
      record.level = level.level
      record.extra_data = isName ? others : { original_level: level.written.slice(0, 100), ...others }
    }
  }

  #fits(): boolean {
    const reader = this.#reader
    if (reader === undefined) return false
    const leveled = this.#heads.filter(
      (line) => reader.readLevel?.(line, reader.readTime(line)) !== undefined,
    )
    return leveled.length >= this.#heads.length * LEAST_SHARE
  }
}

/** A copy: a part of a text keeps the whole text in memory. */
function headOf(text: string): string {
  return Buffer.from(withoutColours(text.slice(0, HEAD_CHARACTERS))).toString()
}
