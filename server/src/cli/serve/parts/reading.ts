import { boardRoutes } from '../../../http/boards.ts'
import { cameraRoutes } from '../../../http/cameras.ts'
import { debuggingRoutes } from '../../../http/debugging.ts'
import { exportRoutes } from '../../../http/export.ts'
import { levelRoutes } from '../../../http/levels.ts'
import { logRoutes } from '../../../http/logs.ts'
import { markRoutes } from '../../../http/marks.ts'
import { viewRoutes } from '../../../http/views.ts'
import { ExportService } from '../../../service/logs/export-service.ts'
import { SearchQueries } from '../../../service/logs/log-query.ts'
import { LogService } from '../../../service/logs/log-service.ts'
import { Boards } from '../../../service/search/boards.ts'
import { Marks } from '../../../service/search/marks.ts'
import { SavedViews } from '../../../service/search/saved-views.ts'
import type { administrationPart } from './administration.ts'
import type { Core } from './core.ts'
import type { GivingPart } from './part.ts'

/** Pages, searches, counts and exports of stored lines, and the views and boards that people save. */
export function readingPart(
  { pool, logOperations, auditTrail, notices, events }: Core,
  { cameras, levelService, settingsService }: ReturnType<typeof administrationPart>,
) {
  const queries = new SearchQueries({ logOperations, cameras })
  const logService = new LogService({
    ...{ logOperations, cameras, levels: levelService, settings: settingsService },
    ...{ queries, auditTrail, isTold: () => notices.isListening },
  })
  const forget = () => logService.forgetAnswers()
  events.on('changed', forget)
  return {
    queries,
    role: 'query',
    routes: [
      logRoutes(logService),
      exportRoutes(new ExportService({ logOperations, queries, auditTrail })),
      debuggingRoutes(logService),
      cameraRoutes(cameras, logService.cameraActivity),
      viewRoutes(new SavedViews(pool, auditTrail)),
      boardRoutes(new Boards(pool, auditTrail)),
      markRoutes(new Marks(pool, auditTrail)),
      levelRoutes({ logService, levelService }),
    ],
    notices: {
      log_feed: forget,
      log_partitions: forget,
      log_events: forget,
      cameras: forget,
      settings: forget,
    },
    budgets: [logOperations.pagesBudget],
  } satisfies GivingPart
}
