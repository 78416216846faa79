import { addAbortSignal, pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { ExportService } from '../service/logs/export-service.ts'
import { filterParameters } from '../service/logs/log-query.ts'
import { EXPORT_FIELDS, EXPORT_FORMATS } from '../store/export/export-format.ts'
import { closingOf } from './closing.ts'

/** Level 1 packs logs to an eighth at 390 MB/s of a core, level 6 to a tenth at 150. */
const GZIP = { level: 1 }

const TYPES = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
} as const

const exportParameters = {
  ...filterParameters,
  format: Type.Optional(
    Type.Unsafe<(typeof EXPORT_FORMATS)[number]>({ type: 'string', enum: [...EXPORT_FORMATS] }),
  ),
  fields: Type.Optional(
    Type.Array(Type.Unsafe<(typeof EXPORT_FIELDS)[number]>({ type: 'string', enum: [...EXPORT_FIELDS] }), {
      minItems: 1,
      maxItems: EXPORT_FIELDS.length,
      uniqueItems: true,
      description:
        'Columns, in this order; repeat for several. Default: those that ingest accepts (NDJSON), all (CSV)',
    }),
  ),
  order: Type.Optional(
    Type.Unsafe<'oldest' | 'newest'>({
      type: 'string',
      enum: ['oldest', 'newest'],
      description: 'Which lines come first',
    }),
  ),
  compress: Type.Optional(
    Type.Unsafe<'gzip'>({ type: 'string', enum: ['gzip'], description: 'Compression of the file' }),
  ),
}

/** Everything that matches, as a file. */
export function exportRoutes(service: ExportService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/logs/export',
      {
        config: { access: 'read' },
        // It would read everything and send nothing of it.
        exposeHeadRoute: false,
        compress: { customTypes: /ndjson|csv/, encodings: ['gzip', 'identity'], zlibOptions: GZIP },
        schema: { querystring: Type.Object(exportParameters) },
      },
      async (request, response) => {
        const { principal } = request
        const closing = closingOf(response)
        const { format = 'ndjson', fields, order = 'oldest', compress, ...filters } = request.query
        const running = await service.start(
          filters,
          { format, order, ...(fields && { fields }) },
          principal.visibility,
          closing,
        )
        const lines = addAbortSignal(running.signal, Readable.from(running.text(), { highWaterMark: 1 }))
        // Without a database the entry cannot be written; that it began stands there all the same.
        lines.once('error', (error) => {
          const reason = running.signal.aborted ? running.signal.reason : error
          if (!closing.aborted) app.streamBroke(request, reason)
        })
        lines.once('close', () => void running.close().catch(() => undefined))
        const name = `logs-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format}`
        response
          .header('content-disposition', `attachment; filename="${compress ? `${name}.gz` : name}"`)
          // nginx would put a gigabyte on its disk before a slow client slows us down.
          .header('x-accel-buffering', 'no')
          .header('x-export-total', running.total.total)
          .header('x-export-total-is-exact', running.total.is_exact)
          .type(compress ? 'application/gzip' : TYPES[format])
          .trailer('x-export-rows', async () => String(running.outcome.rows))
          .trailer('x-export-removed', async () => String(running.outcome.removed ?? 'unknown'))
        if (!compress) return lines
        const packed = createGzip(GZIP)
        // A failure ends the reply too, which informs its reader.
        pipeline(lines, packed, () => undefined)
        return packed
      },
    )
  }
}
