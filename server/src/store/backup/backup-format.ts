// A backup is text, packed by zstd: a line of JSON that says what follows, then rows as PostgreSQL's COPY writes them,
// then a line `\.`; and so on, until a line of JSON that says it is whole. Any PostgreSQL of ours can read it.

export const BACKUP_FORMAT = 'timelapser-logs-backup'
export const BACKUP_VERSION = 1

/** The first line. */
export type BackupHeader = {
  format: typeof BACKUP_FORMAT
  version: typeof BACKUP_VERSION
  created_at: string
  /** For example `18.4`. */
  postgres: string
  /** How many migrations the database had. */
  migrations: number
}

/** Before the rows of a table, or of a partition of `logs`. */
export type BackupSection = {
  table: string
  columns: string[]
  partition?: { lower: string; upper: string; closed_at: string | null }
}

/** The last line: without it the file is cut off. */
export type BackupEnd = {
  end: true
  rows: Record<string, number>
  sequences: Record<string, { last_value: number; is_called: boolean }>
}

export const SECTION_END = Buffer.from('\\.\n')
const SECTION_END_IN_ROWS = Buffer.from('\n\\.\n')
const NEWLINE = 0x0a

/** The file is not a backup, or not complete. */
export class BadBackup extends Error {
  override name = 'BadBackup'
}

/** A section as it is read: `rows` has to be read to its end before the next. */
export type ReadSection = BackupSection & { rows: AsyncIterable<Buffer> }

/** Takes a backup apart as it comes; bounded by the size of the chunks. */
export class BackupReader {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  #end: BackupEnd | undefined

  constructor(input: AsyncIterable<Buffer>) {
    this.#chunks = input[Symbol.asyncIterator]()
  }

  /** The content of the last line; available after the last section. */
  get end(): BackupEnd {
    if (!this.#end) throw new BadBackup('the backup is cut off: its last line is missing')
    return this.#end
  }

  /** @throws {BadBackup} when it is another kind of file, or of a newer version */
  async header(): Promise<BackupHeader> {
    const header = parse(await this.#line()) as Partial<BackupHeader>
    if (header.format !== BACKUP_FORMAT) throw new BadBackup('the file is not a backup of Timelapser Logs')
    if (header.version !== BACKUP_VERSION) {
      throw new BadBackup(
        `the backup is of version ${header.version}, and this program reads ${BACKUP_VERSION}`,
      )
    }
    if (!Number.isSafeInteger(header.migrations) || Number(header.migrations) < 1) {
      throw new BadBackup('the backup is damaged: its number of migrations is not valid')
    }
    return header as BackupHeader
  }

  async *sections(): AsyncGenerator<ReadSection> {
    for (;;) {
      const line = parse(await this.#line()) as Partial<BackupSection & BackupEnd>
      if (line.end) {
        if (!isEnd(line)) throw new BadBackup('the backup is damaged: its last line is not valid')
        this.#end = line as BackupEnd
        return
      }
      if (!isSection(line)) throw new BadBackup('the backup is damaged: a section is not valid')
      yield { ...line, rows: this.#rows() }
    }
  }

  /** The bytes up to the line `\.`, which is taken too. */
  async *#rows(): AsyncGenerator<Buffer> {
    // The end of the line before belongs to what is looked for, so that no rows are found as well.
    this.#rest = Buffer.concat([Buffer.of(NEWLINE), this.#rest])
    let isFirst = true
    for (;;) {
      const at = this.#rest.indexOf(SECTION_END_IN_ROWS)
      const start = isFirst ? 1 : 0
      if (at !== -1) {
        if (at + 1 > start) yield this.#rest.subarray(start, at + 1)
        this.#rest = this.#rest.subarray(at + SECTION_END_IN_ROWS.length)
        return
      }
      // The possible beginning of the end mark stays.
      const keep = SECTION_END_IN_ROWS.length - 1
      if (this.#rest.length > keep + start) {
        yield this.#rest.subarray(start, this.#rest.length - keep)
        this.#rest = this.#rest.subarray(this.#rest.length - keep)
        isFirst = false
      }
      await this.#more()
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const at = this.#rest.indexOf(NEWLINE)
      if (at !== -1) {
        const line = this.#rest.toString('utf8', 0, at)
        this.#rest = this.#rest.subarray(at + 1)
        return line
      }
      await this.#more()
    }
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#chunks.next()
    if (done) throw new BadBackup('the backup is cut off')
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value])
  }
}

export function countNewlines(chunk: Buffer): number {
  let lines = 0
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines++
  return lines
}

/** Bounds and times as `pg` reads them: they become part of statements that take no parameters. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/

function isSection(line: Partial<BackupSection>): line is BackupSection {
  const { table, columns, partition } = line
  if (typeof table !== 'string' || !Array.isArray(columns)) return false
  if (!columns.every((name) => typeof name === 'string')) return false
  if (partition === undefined) return true
  const { lower, upper, closed_at } = Object(partition) as Record<string, unknown>
  return isTime(lower) && isTime(upper) && lower < upper && (closed_at === null || isTime(closed_at))
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value))
}

function isEnd({ rows, sequences }: Partial<BackupEnd>): boolean {
  const states = Object.values(Object(sequences) as Record<string, unknown>).map(Object)
  return (
    Object.values(Object(rows)).every(Number.isSafeInteger) &&
    states.every(
      ({ last_value, is_called }) => Number.isSafeInteger(last_value) && typeof is_called === 'boolean',
    )
  )
}

function parse(line: string): unknown {
  try {
    return Object(JSON.parse(line))
  } catch {
    throw new BadBackup('the file is damaged or not a backup of Timelapser Logs')
  }
}
