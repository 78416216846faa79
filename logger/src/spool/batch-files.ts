import { openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { DiskSync } from './disk-sync.ts'
import { decodeLines, encodeLine, type SpoolLine } from './spool-lines.ts'

/** `low` is what goes first when there is no room: DEBUG and INFO. */
export type SpoolClass = 'low' | 'high'
export const SPOOL_CLASSES = ['low', 'high'] as const

/** A line on its way into a batch. */
export type ClassedLine = { class: SpoolClass; text: string }

type File = { name: string; rows: number; bytes: number }
type OpenFile = File & { descriptor: number; isTorn: boolean }
type Open = { number: number; position: number; files: Partial<Record<SpoolClass, OpenFile>> }

const SEALED = /^(\d{15})\.(low|high)\.(\d+)$/
const UNSEALED = /^(\d{15})\.(low|high)\.open$/

/**
 * The batches of one sender, each as a file a class: `000000000000012.high.37` holds the 37 weightier lines of batch
 * 12. A batch keeps its number and lines however often it is sent, also by a later process, so that it is stored once.
 */
export class BatchFiles {
  readonly #directory: string
  readonly #sync: DiskSync
  readonly #batches = new Map<number, Partial<Record<SpoolClass, File>>>()
  #open: Open | undefined
  #bytes = 0
  #rows = 0

  /** @param directory exists; batches that an earlier process left in it are taken over */
  constructor(directory: string, sync: DiskSync) {
    this.#directory = directory
    this.#sync = sync
    for (const name of readdirSync(directory).sort()) this.#takeOn(name)
  }

  get rows(): number {
    return this.#rows
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Rows of the batch under construction. */
  get openRows(): number {
    return this.#open?.position ?? 0
  }

  /** The lowest number that is complete; undefined when there is none. */
  oldest(): number | undefined {
    return this.numberAfter(Number.NEGATIVE_INFINITY)
  }

  /** The lowest complete number above this one. */
  numberAfter(number: number): number | undefined {
    let lowest: number | undefined
    for (const one of this.#batches.keys())
      if (one > number && (lowest === undefined || one < lowest)) lowest = one
    return lowest
  }

  /** Adds a line to the batch under construction: the kernel has it when this returns, and the disk as `sync` has it. */
  append(number: number, line: ClassedLine): void {
    this.#sync.written(this.#put(number, line).descriptor)
  }

  #put(number: number, line: ClassedLine): OpenFile {
    this.#open ??= { number, position: 0, files: {} }
    const open = this.#open
    open.files[line.class] ??= this.#create(open.number, line.class)
    const file = open.files[line.class] as OpenFile
    const encoded = encodeLine(open.position, line.text)
    // After half a line, the next line must not be taken for its end.
    if (file.isTorn) writeSync(file.descriptor, '\n')
    const written = writeSync(file.descriptor, encoded)
    file.isTorn = written < encoded.length
    if (file.isTorn) throw new Error('the disk took only half a line: it is full')
    open.position++
    this.#count(file, 1, written)
    return file
  }

  /** Completes the batch under construction. */
  seal(): void {
    const open = this.#open
    if (!open) return
    this.#open = undefined
    const batch: Partial<Record<SpoolClass, File>> = {}
    for (const kind of SPOOL_CLASSES) {
      const file = open.files[kind]
      if (!file) continue
      this.#sync.finished(file.descriptor)
      batch[kind] = this.#completed(file, open.number, kind)
    }
    this.#batches.set(open.number, batch)
  }

  /** Closes the files of a folder that is not written to any more. */
  close(): void {
    for (const file of Object.values(this.#open?.files ?? {})) this.#sync.finished(file.descriptor)
    this.#open = undefined
  }

  /** Rows of one batch. */
  rowsOf(number: number): number {
    const { low, high } = this.#batches.get(number) ?? {}
    return (low?.rows ?? 0) + (high?.rows ?? 0)
  }

  /** Adds a complete batch. */
  write(number: number, lines: readonly ClassedLine[]): void {
    this.seal()
    try {
      const files = new Set(lines.map((line) => this.#put(number, line)))
      for (const file of files) this.#sync.written(file.descriptor)
    } catch (error) {
      // The whole batch stays with the caller, and may go out under another number: none of it may go out twice.
      this.#discardOpen()
      throw error
    }
    this.seal()
  }

  /** The lines of a batch as they were added, and how many are no longer readable. */
  read(number: number): { texts: string[]; broken: number } {
    const lines: SpoolLine[] = []
    let expected = 0
    for (const file of Object.values(this.#batches.get(number) ?? {})) {
      expected += file.rows
      for (const line of decodeLines(this.#contentOf(file)).lines) lines.push(line)
    }
    lines.sort((a, b) => a.position - b.position)
    return { texts: lines.map(({ text }) => text), broken: Math.max(0, expected - lines.length) }
  }

  /** Forgets a batch. */
  remove(number: number): void {
    for (const kind of SPOOL_CLASSES) this.#removeFile(number, kind)
    this.#batches.delete(number)
  }

  /** Removes the oldest file of a class, of any batch but one; returns its rows, 0 when there is none. */
  dropOldest(kind: SpoolClass, except: number | undefined): number {
    let oldest: number | undefined
    for (const [number, batch] of this.#batches) {
      if (number !== except && batch[kind] && (oldest === undefined || number < oldest)) oldest = number
    }
    if (oldest === undefined) return 0
    const rows = this.#removeFile(oldest, kind)
    const left = this.#batches.get(oldest)
    if (!left?.low && !left?.high) this.#batches.delete(oldest)
    return rows
  }

  #discardOpen(): void {
    for (const file of Object.values(this.#open?.files ?? {})) {
      this.#sync.finished(file.descriptor)
      this.#count(undefined, -file.rows, -file.bytes)
      rmSync(join(this.#directory, file.name), { force: true })
    }
    this.#open = undefined
  }

  /** Empty when somebody has removed it: its rows then count as no longer readable. */
  #contentOf(file: File): string {
    try {
      return readFileSync(join(this.#directory, file.name), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
      throw error
    }
  }

  #create(number: number, kind: SpoolClass): OpenFile {
    const name = `${String(number).padStart(15, '0')}.${kind}.open`
    const descriptor = openSync(join(this.#directory, name), 'a', 0o600)
    this.#sync.created()
    return { name, rows: 0, bytes: 0, descriptor, isTorn: false }
  }

  #removeFile(number: number, kind: SpoolClass): number {
    const batch = this.#batches.get(number)
    const file = batch?.[kind]
    if (!batch || !file) return 0
    // Forgotten though it may not be removable: the next process sends it again, which is a repeat.
    delete batch[kind]
    this.#count(undefined, -file.rows, -file.bytes)
    rmSync(join(this.#directory, file.name), { force: true })
    return file.rows
  }

  #takeOn(name: string): void {
    const sealed = SEALED.exec(name)
    const [, digits = '', kind = ''] = sealed ?? UNSEALED.exec(name) ?? []
    if (digits === '') return
    const path = join(this.#directory, name)
    // The process that wrote it ended before the batch was complete; its last line may be half a line.
    const rows = sealed ? Number(sealed[3]) : countLines(readFileSync(path, 'utf8'))
    const file: File = { name, rows, bytes: statSync(path).size }
    const number = Number(digits)
    const batch = this.#batches.get(number) ?? {}
    batch[kind as SpoolClass] = sealed ? file : this.#completed(file, number, kind as SpoolClass)
    this.#batches.set(number, batch)
    this.#count(undefined, file.rows, file.bytes)
  }

  #completed({ name, rows, bytes }: File, number: number, kind: SpoolClass): File {
    const complete = `${String(number).padStart(15, '0')}.${kind}.${rows}`
    try {
      renameSync(join(this.#directory, name), join(this.#directory, complete))
    } catch {
      // It goes out under the name it has; a file that is gone is found missing then.
      return { name, rows, bytes }
    }
    return { name: complete, rows, bytes }
  }

  #count(file: File | undefined, rows: number, bytes: number): void {
    if (file) {
      file.rows += rows
      file.bytes += bytes
    }
    this.#rows += rows
    this.#bytes += bytes
  }
}

/** Whether a file of a sender's folder holds lines. */
export function isBatchFile(name: string): boolean {
  return SEALED.test(name) || UNSEALED.test(name)
}

/** Counts the lines in a folder that another process may be working on. */
export function countRowsIn(directory: string): number {
  let rows = 0
  for (const name of readdirSync(directory).filter(isBatchFile)) {
    try {
      const sealed = SEALED.exec(name)
      rows += sealed ? Number(sealed[3]) : countLines(readFileSync(join(directory, name), 'utf8'))
    } catch {
      // It was sent just now.
    }
  }
  return rows
}

function countLines(content: string): number {
  const { lines, broken } = decodeLines(content)
  return lines.length + broken
}
