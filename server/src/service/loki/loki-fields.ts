import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import { messageShape } from '../insights/message-shape.ts'
import { keyOf } from './labels.ts'
import { readBytes, readFloat, readGoDuration, writeBytes } from './language/go-values.ts'
import { parseLogQuery } from './language/parse.ts'
import type { LokiReader } from './loki-reader.ts'
import { type LokiRange, toMillis } from './loki-time.ts'
import { type FieldVisitor, visitFields } from './pipeline/json-text.ts'
import { ALL_LABELS, LineLabels, partOf, toLabelName } from './pipeline/line-labels.ts'
import { jsonStage, logfmtStage } from './pipeline/parsers.ts'
import { millisOf, RowPipeline } from './row-pipeline.ts'
import { RowReader, ScanStopped } from './row-reader.ts'

type FieldType = 'int' | 'float' | 'boolean' | 'duration' | 'bytes' | 'string'
export type DetectedField = {
  label: string
  type: FieldType
  cardinality: number
  /** The parsers that find it in a line; null for structured metadata. */
  parsers: string[] | null
  jsonPath?: string[]
}

export type LinePatternCounts = {
  pattern: string
  level: string
  samples: [seconds: number, count: number][]
}

/** Objects within objects that are looked into. */
const MAX_DEPTH = 50
/** Values of a field that are told apart. */
const MAX_VALUES = 10_000
/** Patterns of one answer at most, and their points. */
const MAX_PATTERNS = 300
const MAX_POINTS = 200_000

type Field = { values: Set<string>; types: Set<FieldType>; parsers: Set<string>; path?: string[] }

/** The fields of lines that nobody declared, and the patterns that their texts follow. */
export class LokiFields {
  readonly #reader: LokiReader

  constructor(reader: LokiReader) {
    this.#reader = reader
  }

  /** The fields of the newest lines of a log query: structured metadata, and what `| json` or else `| logfmt` finds. */
  async fields(
    query: string,
    range: LokiRange,
    { lines, limit }: { lines: number; limit: number },
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<DetectedField[]> {
    const found = new Map<string, Field>()
    await this.#eachLine(query, range, lines, visibility, signal, (name, value, parser, path) => {
      const known = found.get(name)
      if (known === undefined && found.size >= limit) return
      const field = known ?? { values: new Set(), types: new Set(), parsers: new Set() }
      found.set(name, field)
      if (field.values.size < MAX_VALUES) field.values.add(value)
      field.types.add(typeOf(value))
      if (parser !== undefined) field.parsers.add(parser)
      if (path !== undefined) field.path = path
    })
    return [...found].map(([label, { values, types, parsers, path }]) => ({
      ...{ label, type: commonType(types), cardinality: values.size },
      parsers: parsers.size === 0 ? null : [...parsers],
      ...(path !== undefined && { jsonPath: path }),
    }))
  }

  /** The values of one field in the newest lines. */
  async values(
    name: string,
    query: string,
    range: LokiRange,
    { lines, limit }: { lines: number; limit: number },
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<string[]> {
    const values = new Set<string>()
    await this.#eachLine(query, range, lines, visibility, signal, (label, value, parser) => {
      if (label !== name || values.size >= limit) return
      const bytes = parser !== undefined && /[a-z]$/i.test(value) ? readBytes(value) : undefined
      // As a query would compare it.
      values.add(bytes && 'value' in bytes ? writeBytes(bytes.value) : value)
    })
    return [...values]
  }

  async #eachLine(
    query: string,
    range: LokiRange,
    limit: number,
    visibility: Visibility,
    signal: AbortSignal | undefined,
    take: (name: string, value: string, parser: string | undefined, path: string[] | undefined) => void,
  ): Promise<void> {
    const selection = parseLogQuery(query)
    const { filter } = await this.#reader.filterFor(selection, range, visibility)
    const pipeline = new RowPipeline(selection, ALL_LABELS)
    let left = limit
    await this.#scan(filter, signal, (row) => {
      const line = pipeline.run(row)
      if (line === undefined) return true
      const { stream, metadata, parsed } = pipeline.labels.categories()
      for (const [name, value] of Object.entries(metadata)) take(name, value, undefined, undefined)
      const ofLine = parsedLine(line, new Map(Object.entries(stream)), new Map(Object.entries(metadata)))
      const paths = ofLine.parser === 'json' ? jsonPaths(line) : new Map<string, string[]>()
      const names = new Set([...Object.keys(parsed), ...Object.keys(ofLine.labels)])
      for (const name of names) {
        if (name.startsWith('__error')) continue
        const path = paths.get(name) ?? paths.get(name.replace(/_extracted$/, ''))
        take(name, parsed[name] ?? ofLine.labels[name] ?? '', ofLine.parser, path)
      }
      left -= 1
      return left > 0
    })
  }

  /** How often each pattern was written, by level and step; the most frequent ones first. */
  async patterns(
    query: string,
    range: LokiRange,
    stepMs: number,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<LinePatternCounts[]> {
    const selection = parseLogQuery(query)
    const { filter } = await this.#reader.filterFor(selection, range, visibility)
    const pipeline = new RowPipeline(selection, ALL_LABELS)
    const found = new Map<
      string,
      { pattern: string; level: string; total: number; steps: Map<number, number> }
    >()
    await this.#scan(filter, signal, (row) => {
      const line = pipeline.run(row)
      if (line === undefined) return true
      const pattern = toPattern(line)
      const key = keyOf({ level: row.level, pattern })
      let known = found.get(key)
      if (known === undefined) {
        if (found.size >= MAX_PATTERNS * 10) return true
        known = { pattern, level: row.level, total: 0, steps: new Map() }
        found.set(key, known)
      }
      const step = Math.floor(millisOf(row.timestamp) / stepMs) * stepMs
      known.steps.set(step, (known.steps.get(step) ?? 0) + 1)
      known.total += 1
      return true
    })
    const steps = Math.max(1, Math.ceil((toMillis(range.end) - toMillis(range.start)) / stepMs))
    return [...found.values()]
      .sort((a, b) => b.total - a.total)
      .slice(0, Math.min(MAX_PATTERNS, Math.ceil(MAX_POINTS / steps)))
      .map(({ pattern, level, steps: counted }) => ({ pattern, level, samples: samplesOf(counted, stepMs) }))
  }

  /** Looks through the newest rows as long as a search may; what was not reached is not told. */
  async #scan(
    filter: LogFilter,
    signal: AbortSignal | undefined,
    take: Parameters<RowReader['readTo']>[1],
  ): Promise<void> {
    await this.#reader.within(signal, async (limits) => {
      const reader = new RowReader(this.#reader.logs, filter, 'newest', limits)
      try {
        await reader.readTo(undefined, take)
      } catch (error) {
        if (!(error instanceof ScanStopped)) throw error
      } finally {
        await reader.close()
      }
    })
  }
}

function samplesOf(counted: ReadonlyMap<number, number>, stepMs: number): [number, number][] {
  const steps = [...counted.keys()]
  const first = steps.reduce((least, step) => Math.min(least, step), Number.POSITIVE_INFINITY)
  const last = steps.reduce((most, step) => Math.max(most, step), Number.NEGATIVE_INFINITY)
  return Array.from({ length: Math.round((last - first) / stepMs) + 1 }, (_, index) => {
    const step = first + index * stepMs
    return [step / 1000, counted.get(step) ?? 0]
  })
}

/** A line with what changes from one to the next left open, as `|>` takes it. */
function toPattern(line: string): string {
  return messageShape(line)
    .replace(/<(?:url|email|text|time|ip|id|n)>/g, '<_>')
    .replace(/(?:<_>){2,}/g, '<_>')
}

function parsedLine(
  line: string,
  stream: ReadonlyMap<string, string>,
  metadata: ReadonlyMap<string, string>,
): { labels: Record<string, string>; parser: string | undefined } {
  for (const [parser, stage] of [
    ['json', jsonStage],
    ['logfmt', logfmtStage(false, false)],
  ] as const) {
    const labels = new LineLabels(ALL_LABELS)
    labels.reset(stream, metadata)
    stage(line, labels, () => 0n)
    const { parsed } = labels.categories()
    if (labels.error === '' && Object.keys(parsed).length > 0) return { labels: parsed, parser }
  }
  return { labels: {}, parser: undefined }
}

/** Where in a JSON line each label was found: the keys up to it. */
function jsonPaths(line: string): Map<string, string[]> {
  const paths = new Map<string, string[]>()
  const under = (prefix: string, keys: string[]): FieldVisitor => ({
    field: (key) => {
      const name = prefix === '' ? toLabelName(key) : `${prefix}_${partOf(key)}`
      if (!paths.has(name)) paths.set(name, [...keys, key])
      return true
    },
    object: (key) => {
      if (keys.length >= MAX_DEPTH) return undefined
      return under(prefix === '' ? toLabelName(key) : `${prefix}_${partOf(key)}`, [...keys, key])
    },
  })
  visitFields(line, under('', []))
  return paths
}

function typeOf(value: string): FieldType {
  if (/^[-+]?\d{1,19}$/.test(value)) return 'int'
  if ('value' in readFloat(value)) return 'float'
  if (/^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)) return 'boolean'
  if ('value' in readGoDuration(value)) return 'duration'
  return 'value' in readBytes(value) ? 'bytes' : 'string'
}

/** The type of all values, text where they have several. */
function commonType(types: ReadonlySet<FieldType>): FieldType {
  const [first = 'string'] = types
  if (types.size === 1) return first
  return [...types].every((type) => type === 'int' || type === 'float') ? 'float' : 'string'
}
