import { secondsOf } from '../../ingest/utc-text.ts'
import type { ScannedRow } from '../../store/reading/row-scan.ts'
import { Streams } from './labels.ts'
import type { Matcher, Selection } from './language/syntax.ts'
import { compileStages } from './pipeline/compile-stages.ts'
import { type Hints, LineLabels, toMetadata } from './pipeline/line-labels.ts'
import type { LineStage } from './pipeline/parsers.ts'
import { compileMatcher } from './pipeline/patterns.ts'
import { isLabel, labelFor } from './selection-filter.ts'

const NO_METADATA: ReadonlyMap<string, string> = new Map()

/** Runs rows through the stages of a selection, one at a time. */
export class RowPipeline {
  readonly #matches: ((labels: LineLabels) => boolean)[]
  readonly #stages: LineStage
  readonly #streams = new Streams()
  /** The labels of the row that was run last. */
  readonly labels: LineLabels

  /** @throws {LogqlError} */
  constructor({ matchers, stages }: Selection, hints: Hints) {
    this.#matches = matchers.flatMap(condition)
    this.#stages = compileStages(stages)
    this.labels = new LineLabels(hints)
  }

  /** The line that the stages make of the row's; undefined when they drop it. */
  run(row: Omit<ScannedRow, 'id'>): string | undefined {
    const { labels } = this
    labels.reset(this.#streams.of(row), row.extra_data === null ? NO_METADATA : toMetadata(row.extra_data))
    if (!this.#matches.every((matches) => matches(labels))) return undefined
    return this.#stages(row.message, labels, () => nanosOf(row.timestamp))
  }
}

/** The condition of a matcher; none on the level, which PostgreSQL decides. */
function condition(matcher: Matcher): ((labels: LineLabels) => boolean)[] {
  const label = labelFor(matcher.label)
  if (label === 'level') return []
  const matches = compileMatcher(matcher)
  const name = label ?? matcher.label.replace(/[^A-Za-z0-9_]/g, '_')
  return [(labels) => matches((isLabel(name) ? labels.streamLabel(name) : labels.get(name)) ?? '')]
}

function nanosOf(utc: string): bigint {
  return BigInt(secondsOf(utc)) * 1_000_000_000n + BigInt(fractionOf(utc).padEnd(9, '0'))
}

/** Milliseconds since 1970, with the microseconds behind the point. */
export function millisOf(utc: string): number {
  return secondsOf(utc) * 1000 + Number(fractionOf(utc).padEnd(6, '0')) / 1000
}

function fractionOf(utc: string): string {
  return utc.charCodeAt(19) === 46 ? utc.slice(20, -1) : ''
}
