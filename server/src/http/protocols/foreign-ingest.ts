import type { FastifyPluginAsync } from 'fastify'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import { datadogRoutes } from './datadog.ts'
import { elasticsearchRoutes } from './elasticsearch.ts'
import { gelfRoutes } from './gelf.ts'
import { journaldRoutes } from './journald.ts'
import { lokiPushRoutes } from './loki-push.ts'
import { otlpRoutes } from './otlp.ts'
import { seqRoutes } from './seq.ts'
import { splunkRoutes } from './splunk.ts'

/** Everything that other systems' senders speak, each in its own context. */
export function foreignIngestRoutes(ingest: IngestService): FastifyPluginAsync {
  return async (app) => {
    await app.register(seqRoutes(ingest))
    await app.register(elasticsearchRoutes(ingest))
    await app.register(lokiPushRoutes(ingest))
    await app.register(otlpRoutes(ingest))
    await app.register(gelfRoutes(ingest))
    await app.register(journaldRoutes(ingest))
    await app.register(splunkRoutes(ingest))
    await app.register(datadogRoutes(ingest))
  }
}
