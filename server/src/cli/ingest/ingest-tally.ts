import { describeForm, type LogForm } from '../../ingest/inference/log-form.ts'
import { isBefore } from '../../ingest/utc-text.ts'

/** Rejected lines named in the summary; the rest is counted. */
const MAX_NAMED = 10

/** The counts of an ingest so far. */
export class IngestTally {
  lines = 0
  decoded = 0
  stored = 0
  filtered = 0
  rejected = 0
  /** Given their arrival time, since their own was beyond the retention or in the future. */
  retimed = 0
  oldest: string | undefined
  newest: string | undefined
  /** Plain lines that had no time of their own. */
  undated = 0
  #latin1 = 0
  readonly #named: string[] = []
  readonly #forms: string[] = []
  readonly #startedMs = performance.now()

  reject(file: string, line: number, reason: string): void {
    this.rejected += 1
    if (this.#named.length < MAX_NAMED) this.#named.push(`  ${file} line ${line}: ${reason}`)
  }

  noteTime(timestamp: string): void {
    this.decoded += 1
    if (this.oldest === undefined || isBefore(timestamp, this.oldest)) this.oldest = timestamp
    if (this.newest === undefined || isBefore(this.newest, timestamp)) this.newest = timestamp
  }

  /** Notes a line that is not UTF-8. */
  noteLatin1(): void {
    this.#latin1 += 1
  }

  /** Notes how the plain lines of a file were read. */
  noteForms(file: string, forms: readonly LogForm[], undated: number): void {
    this.undated += undated
    for (const form of forms) if (form.lines > 0) this.#forms.push(`Read ${file} as ${describeForm(form)}.`)
  }

  /** The summary, a sentence a line. */
  summary(files: string, isDryRun: boolean): string {
    const seconds = (performance.now() - this.#startedMs) / 1000
    const rate = Math.round(this.stored / Math.max(seconds, 0.001))
    const sentences = [
      `Read ${count(this.lines, 'line')} of ${files}.`,
      isDryRun
        ? `Dry run: nothing was sent. Decoded ${count(this.decoded, 'record')}.`
        : `Stored ${count(this.stored, 'record')} in ${seconds.toFixed(1)} s (${rate.toLocaleString('en-US')} a second).`,
    ]
    sentences.push(...this.#forms.slice(0, MAX_NAMED))
    if (this.#forms.length > MAX_NAMED)
      sentences.push(`And ${count(this.#forms.length - MAX_NAMED, 'file')} more.`)
    if (this.undated > 0)
      sentences.push(
        `${count(this.undated, 'record')} had no time of ${this.undated === 1 ? 'its' : 'their'} own.`,
      )
    if (this.#latin1 > 0) sentences.push(`Read ${count(this.#latin1, 'line')} as Latin-1: not UTF-8.`)
    if (this.oldest !== undefined) sentences.push(`Their times range from ${this.oldest} to ${this.newest}.`)
    if (this.retimed > 0)
      sentences.push(`Set the time of arrival on ${count(this.retimed, 'record')} with an impossible time.`)
    if (this.filtered > 0)
      sentences.push(`Held back ${count(this.filtered, 'record')} below the level in force.`)
    if (this.rejected > 0) {
      sentences.push(`Rejected ${count(this.rejected, 'record')}:`, ...this.#named)
      const unnamed = this.rejected - this.#named.length
      if (unnamed > 0) sentences.push(`  and ${unnamed.toLocaleString('en-US')} more`)
    }
    return sentences.join('\n')
  }
}

/** `1 line`, `2,000 lines`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`
}
