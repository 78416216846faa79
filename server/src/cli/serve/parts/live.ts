import { lokiQueryRoutes } from '../../../http/protocols/loki-query.ts'
import { streamRoutes } from '../../../http/streams.ts'
import { LiveFeed } from '../../../service/live/live-feed.ts'
import { StreamIds } from '../../../service/live/stream-ids.ts'
import { LokiFields } from '../../../service/loki/loki-fields.ts'
import { LokiLabels } from '../../../service/loki/loki-labels.ts'
import { LokiQueries } from '../../../service/loki/loki-queries.ts'
import { LokiReader } from '../../../service/loki/loki-reader.ts'
import { LokiVolumes } from '../../../service/loki/loki-volumes.ts'
import { Feed } from '../../../store/feed/feed.ts'
import type { Core } from './core.ts'
import type { GivingPart } from './part.ts'
import type { readingPart } from './reading.ts'

/** Lines as they are committed: the page's streams, and Loki's questions and tails. */
export async function livePart(
  { pool, logOperations, serverEvents }: Core,
  { queries }: ReturnType<typeof readingPart>,
) {
  const liveFeed = new LiveFeed({
    feed: new Feed(pool, logOperations.partitions, () => logOperations.deletedCameras()),
  })
  const loki = new LokiReader(logOperations)
  const lokiServices = {
    ...{ queries: new LokiQueries(loki), labels: new LokiLabels(loki) },
    ...{ volumes: new LokiVolumes(loki), fields: new LokiFields(loki) },
  }
  return {
    liveFeed,
    role: 'query',
    routes: [
      lokiQueryRoutes(lokiServices, liveFeed),
      streamRoutes({ liveFeed, serverEvents, queries, streamIds: await StreamIds.open(pool) }),
    ],
    notices: { log_feed: () => liveFeed.notify() },
    budgets: [liveFeed.budget, liveFeed.unread, loki.budget],
  } satisfies GivingPart
}
