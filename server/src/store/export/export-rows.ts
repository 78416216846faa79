import type { LogFilter } from '../filter/log-filter.ts'
import type { Order } from '../reading/log-rows.ts'
import { type RowChunk, readChunks } from '../reading/row-chunks.ts'
import type { Store } from '../reading/store.ts'
import { type ExportField, type ExportFormat, lineExpression } from './export-format.ts'
import { countRemoved, type ExportSnapshot, takeSnapshot } from './export-snapshot.ts'

export type ExportOptions = {
  format: ExportFormat
  fields: readonly ExportField[]
  order: Order
}

/** An export about to begin. */
export type LogExport = {
  total: ExportSnapshot['total']
  /** The lines, many at a time, in order; the next ones are read while the caller is busy with the last, no further. */
  chunks: AsyncGenerator<RowChunk>
  /** How many rows were gone before they were read, once all `rows` were; undefined when that is not known. */
  countRemoved: (rows: number) => Promise<number | undefined>
}

/** Everything that matches at this moment, as lines: in short statements, so that nobody waits for them. */
export async function exportRows(
  store: Store,
  asked: LogFilter,
  { format, fields, order }: ExportOptions,
): Promise<LogExport> {
  const snapshot = await takeSnapshot(store, asked)
  const { filter, total } = snapshot
  const deleted = filter.deleted_cameras ?? []
  const chunks = readChunks(store, {
    filter,
    order,
    moment: snapshot,
    line: (parameters) => lineExpression(format, fields, deleted, parameters),
  })
  return { total, chunks: oneAhead(chunks), countRemoved: (rows) => countRemoved(store, snapshot, rows) }
}

/** Reads the next while the caller is busy with the last. */
async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const next = () => {
    const coming = source.next()
    // The caller gets its failure when it asks for it; until then it must not end the process.
    coming.catch(() => undefined)
    return coming
  }
  try {
    for (let coming = next(); ; ) {
      const { done, value } = await coming
      if (done) return
      coming = next()
      yield value
    }
  } finally {
    await source.return(undefined)
  }
}
