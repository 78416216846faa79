import type { FastifyPluginAsync } from 'fastify'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { elasticsearchRoutes } from './elasticsearch.ts'
import { lokiPushRoutes } from './loki-push.ts'
import { otlpRoutes } from './otlp.ts'
import { seqRoutes } from './seq.ts'

/** Everything that other systems' senders speak, each in its own context. */
export function foreignIngestRoutes(ingest: IngestService): FastifyPluginAsync {
  return async (app) => {
    await app.register(seqRoutes(ingest))
    await app.register(elasticsearchRoutes(ingest))
    await app.register(lokiPushRoutes(ingest))
    await app.register(otlpRoutes(ingest))
  }
}
