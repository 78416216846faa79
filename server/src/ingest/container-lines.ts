// The wrapping of lines by container runtimes: Docker's json-file and the CRI (containerd, CRI-O). Both cut long lines
// into parts.
import { asObject } from './foreign-record.ts'
import { parseJson } from './parse-json.ts'
import { readTimestamp } from './record-fields.ts'

/** A line as the container wrote it, when it wrote it, and on which of its streams. */
export type ContainerLine = { stream: string; text: string; time: string; isPart: boolean }

export type ContainerFormat = 'docker' | 'cri'

const CRI =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([FP])(?:[:\w]*) ?(.*)$/s

/** The wrapping according to a file's first line; undefined when it has none. */
export function containerFormat(line: string): ContainerFormat | undefined {
  if (CRI.test(line)) return 'cri'
  return unwrapDocker(line) === undefined ? undefined : 'docker'
}

/** The line without its wrapping; undefined when it is not wrapped so. */
export function unwrapLine(line: string, format: ContainerFormat): ContainerLine | undefined {
  return format === 'cri' ? unwrapCri(line) : unwrapDocker(line)
}

function unwrapCri(line: string): ContainerLine | undefined {
  const [whole, written, stream = '', tag, text = ''] = CRI.exec(line) ?? []
  const time = whole === undefined ? undefined : readTimestamp(written)
  return time === undefined ? undefined : { stream, text, time, isPart: tag === 'P' }
}

function unwrapDocker(line: string): ContainerLine | undefined {
  if (!line.startsWith('{"log":')) return undefined
  const parsed = parseJson(line)
  const wrapped = 'value' in parsed ? asObject(parsed.value) : undefined
  const time = readTimestamp(wrapped?.time)
  if (typeof wrapped?.log !== 'string' || typeof wrapped.stream !== 'string' || time === undefined)
    return undefined
  const isPart = !wrapped.log.endsWith('\n')
  return { stream: wrapped.stream, text: wrapped.log.replace(/\r?\n$/, ''), time, isPart }
}

/** Longest line that is put together from parts. */
const MAX_CHARACTERS = 4 * 1024 * 1024

/** Puts the parts of long lines together, each stream's by themselves. */
export class ContainerParts {
  readonly #parts = new Map<string, ContainerLine>()

  /** The line that is complete now, with the time of its first part. */
  push(line: ContainerLine): ContainerLine | undefined {
    const before = this.#parts.get(line.stream)
    const whole = before === undefined ? line : { ...before, text: before.text + line.text }
    if (line.isPart && whole.text.length < MAX_CHARACTERS) {
      this.#parts.set(line.stream, whole)
      return undefined
    }
    this.#parts.delete(line.stream)
    return whole
  }

  /** Lines whose last part did not come. */
  end(): ContainerLine[] {
    const left = [...this.#parts.values()]
    this.#parts.clear()
    return left
  }
}
