import { parseRuleRoutes } from '../../../http/parse-rules.ts'
import { ParseRulesService } from '../../../service/ingest/parse-rules-service.ts'
import type { Core } from './core.ts'
import type { Part } from './part.ts'

/** Rules by which lines are parsed as they come in. */
export function parsingPart({ parseRules, lineParser, settings, logOperations, auditTrail }: Core) {
  const service = new ParseRulesService({
    ...{ store: parseRules, settings, logOperations, auditTrail },
    flushCounts: () => lineParser.flush(),
  })
  return {
    routes: [parseRuleRoutes(service)],
    notices: { settings: () => parseRules.reload() },
  } satisfies Part
}
