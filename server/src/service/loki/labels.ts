// Labels of rows as Loki has them: those of the stream are columns, structured metadata is `extra_data`.
import type { ScannedRow } from '../../store/reading/row-scan.ts'
import type { LabelSet } from './pipeline/line-labels.ts'

type Named = Pick<ScannedRow, 'level' | 'source' | 'camera_id' | 'logger_name'>

/** The labels of a row's stream, by name. */
export function streamOf({ level, source, camera_id, logger_name }: Named): LabelSet {
  return {
    ...(camera_id !== null && { camera: String(camera_id) }),
    level,
    ...(logger_name !== null && { logger_name }),
    source,
  }
}

/** Streams that are remembered; with more, each is made anew. */
const MAX_STREAMS = 1000

/** The streams of rows as maps, each made once. */
export class Streams {
  readonly #known = new Map<string, ReadonlyMap<string, string>>()

  of(row: Named): ReadonlyMap<string, string> {
    const key = `${row.level}\0${row.camera_id}\0${row.source}\0${row.logger_name}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const made = new Map(Object.entries(streamOf(row)))
    if (this.#known.size < MAX_STREAMS) this.#known.set(key, made)
    return made
  }
}

/** Labels in an order that is the same for all sets of the same labels, as text. */
export function keyOf(labels: LabelSet): string {
  return JSON.stringify(labels)
}

/** Labels as Prometheus writes them. */
export function writeLabels(labels: LabelSet): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`
}
