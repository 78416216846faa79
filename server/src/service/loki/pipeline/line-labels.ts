/** Names that carry what a stage could not do. */
export const ERROR = '__error__'
export const ERROR_DETAILS = '__error_details__'
const PRESERVE = '__preserve_error__'
const EXTRACTED = '_extracted'

/** Labels that Loki adds by itself, by those of ours that say the same. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['detected_level', 'level'],
  ['service_name', 'source'],
])

export type LabelSet = { [label: string]: string }

/** Which labels of a line a metric needs; parsers of a metric query extract no others, and so meet fewer broken lines. */
export type Hints = {
  /** Nothing is asked of the labels: parsers need not run. */
  noLabels: boolean
  /** The only labels that are extracted; undefined for all. */
  required: ReadonlySet<string> | undefined
}

export const ALL_LABELS: Hints = { noLabels: false, required: undefined }

/**
 * The labels of one line on its way through the stages: those of its stream, its structured metadata, and those that
 * stages extracted. An extracted label never takes the place of the others; it is called `<name>_extracted` then.
 */
export class LineLabels {
  readonly #hints: Hints
  #stream: ReadonlyMap<string, string> = new Map()
  readonly #metadata = new Map<string, string>()
  readonly #parsed = new Map<string, string>()
  readonly #deleted = new Set<string>()
  #seen = new Set<string>()
  error = ''
  errorDetails = ''

  constructor(hints: Hints) {
    this.#hints = hints
  }

  /** Begins with another line. */
  reset(stream: ReadonlyMap<string, string>, metadata: ReadonlyMap<string, string>): void {
    this.#stream = stream
    this.#metadata.clear()
    this.#parsed.clear()
    this.#deleted.clear()
    this.#seen = new Set()
    this.error = ''
    this.errorDetails = ''
    for (const [name, value] of metadata)
      this.#metadata.set(stream.has(name) ? name + EXTRACTED : name, value)
  }

  get(name: string): string | undefined {
    const own = this.#metadata.get(name) ?? this.#parsed.get(name)
    if (own !== undefined) return own
    return this.#deleted.has(name) ? undefined : this.#stream.get(name)
  }

  /** The value for a condition: empty when there is none. */
  valueOf(name: string): string {
    if (name === ERROR) return this.error
    if (name === ERROR_DETAILS) return this.errorDetails
    return this.get(name) ?? this.aliased(name) ?? ''
  }

  /** A label of the stream itself, unchanged by stages. */
  streamLabel(name: string): string | undefined {
    return this.#stream.get(name)
  }

  /** A label that Loki detects on its own, and we have in a column. */
  aliased(name: string): string | undefined {
    const own = ALIASES.get(name)
    return own === undefined ? undefined : this.get(own)
  }

  set(name: string, value: string): void {
    this.#metadata.delete(name)
    this.#parsed.set(name, value)
    this.#seen.add(name)
  }

  delete(name: string): void {
    this.#metadata.delete(name)
    this.#parsed.delete(name)
    this.#deleted.add(name)
  }

  /** Whether parsers have nothing to do. */
  get isDone(): boolean {
    return this.#hints.noLabels || this.#hasAllRequired
  }

  get #hasAllRequired(): boolean {
    const { required } = this.#hints
    if (required === undefined || required.size === 0 || this.#seen.size < required.size) return false
    return [...required].every((name) => this.#seen.has(name))
  }

  /** Whether the line or its metadata has the label, so that an extracted one needs another name. */
  isTaken(name: string): boolean {
    return this.#stream.has(name) || this.#metadata.has(name)
  }

  /** The name under which a parser extracts a label; undefined when it need not, or a parser did before. */
  nameFor(name: string): string | undefined {
    const own = this.isTaken(name) ? name + EXTRACTED : name
    const { required } = this.#hints
    if (required !== undefined && required.size > 0 && !required.has(own)) return undefined
    return this.#seen.has(own) ? undefined : own
  }

  /** Whether some label that is needed begins so. */
  needsPrefix(prefix: string): boolean {
    const { required } = this.#hints
    return (
      required === undefined || required.size === 0 || [...required].some((name) => name.startsWith(prefix))
    )
  }

  fail(error: string, details: string): void {
    this.error = error
    if (details !== '') this.errorDetails = details
    if (this.#hints.required?.has(ERROR)) this.set(PRESERVE, 'true')
  }

  /** Whether an error of the line makes a metric fail. */
  get isBroken(): boolean {
    return this.error !== '' && this.#parsed.get(PRESERVE) !== 'true'
  }

  /** All labels, by name. */
  all(): LabelSet {
    const entries: [string, string][] = []
    for (const entry of this.#stream) {
      const [name] = entry
      if (!this.#deleted.has(name) && !this.#metadata.has(name) && !this.#parsed.has(name))
        entries.push(entry)
    }
    entries.push(...this.#metadata, ...this.#parsed, ...this.#errors())
    const set: LabelSet = {}
    for (const [name, value] of entries.sort(byName)) set[name] = value
    // A label of this name would become the prototype.
    return entries.some(([name]) => name === '__proto__') ? Object.fromEntries(entries) : set
  }

  /** The labels by where they come from. */
  categories(): { stream: LabelSet; metadata: LabelSet; parsed: LabelSet } {
    const isOwn = (name: string) => this.#metadata.has(name) || this.#parsed.has(name)
    const stream = [...this.#stream].filter(([name]) => !this.#deleted.has(name) && !isOwn(name))
    return {
      stream: Object.fromEntries(stream),
      metadata: Object.fromEntries(this.#metadata),
      parsed: Object.fromEntries([...this.#parsed, ...this.#errors()]),
    }
  }

  #errors(): [string, string][] {
    if (this.error === '' && this.errorDetails === '') return []
    const details: [string, string][] = this.errorDetails === '' ? [] : [[ERROR_DETAILS, this.errorDetails]]
    return this.error === '' ? details : [[ERROR, this.error], ...details]
  }
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Keys whose names are remembered; lines of one kind have the same ones. */
const MAX_NAMES = 2000
const NAMES = new Map<string, string>()

/** A key as the name of a label: letters, digits and `_`. */
export function toLabelName(key: string): string {
  const known = NAMES.get(key)
  if (known !== undefined) return known
  const name = key.trim()
  const made = (/^\d/.test(name) ? `_${name}` : name).replace(/[^A-Za-z0-9_]/gu, '_')
  if (NAMES.size >= MAX_NAMES) NAMES.clear()
  if (key.length < 200) NAMES.set(key, made)
  return made
}

/** A key as it stands behind others in a name: a digit may be its first character. */
export function partOf(key: string): string {
  const name = toLabelName(key)
  return name.charCodeAt(0) === 95 && /^\s*\d/.test(key) ? name.slice(1) : name
}

/** Deeper objects are a single value, as JSON. */
const MAX_DEPTH = 6

/** `extra_data` as structured metadata: texts, the keys of objects within joined by `_`. */
export function toMetadata(extra: Record<string, unknown> | null): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>()
  if (extra !== null) addMetadata(metadata, '', extra, 0)
  return metadata
}

function addMetadata(
  to: Map<string, string>,
  prefix: string,
  object: Record<string, unknown>,
  depth: number,
): void {
  for (const key of Object.keys(object)) {
    const value = object[key]
    if (value === null || value === undefined) continue
    const name = prefix === '' ? toLabelName(key) : `${prefix}_${partOf(key)}`
    if (name === '') continue
    if (typeof value === 'object' && !Array.isArray(value) && depth < MAX_DEPTH)
      addMetadata(to, name, value as Record<string, unknown>, depth + 1)
    else if (!to.has(name)) to.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
}
