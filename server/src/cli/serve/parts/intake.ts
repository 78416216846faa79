import { ingestRoutes } from '../../../http/ingest.ts'
import { lineFormRoutes } from '../../../http/line-forms.ts'
import { parseRuleRoutes } from '../../../http/parse-rules.ts'
import { foreignIngestRoutes } from '../../../http/protocols/foreign-ingest.ts'
import { IngestService } from '../../../service/ingest/ingest-service.ts'
import { ParseRulesService } from '../../../service/ingest/parse-rules-service.ts'
import { RememberedForms } from '../../../service/ingest/remembered-forms.ts'
import type { Core } from './core.ts'
import type { GivingPart, Part } from './part.ts'

/** Lines that come in, by our own protocol and those of other systems. */
export function intakePart({ pool, logOperations, notStored, settings, metrics }: Core) {
  const ingestService = new IngestService({
    ...{ intake: logOperations.intake, notStored, settings, forms: new RememberedForms(pool) },
    onReceived: (way, records) => metrics.received(way, records),
  })
  return {
    ingestService,
    role: 'ingest',
    routes: [
      ingestRoutes(ingestService),
      lineFormRoutes(ingestService.forms),
      foreignIngestRoutes(ingestService),
    ],
    budgets: [ingestService.bodies.budget, ingestService.uploads, logOperations.intake.budget],
  } satisfies GivingPart
}

/** Rules by which lines are parsed as they come in. */
export function parsingPart({ parseRules, lineParser, settings, logOperations, auditTrail }: Core) {
  const service = new ParseRulesService({
    ...{ store: parseRules, settings, logOperations, auditTrail },
    flushCounts: () => lineParser.flush(),
  })
  return {
    role: 'query',
    routes: [parseRuleRoutes(service)],
    notices: { settings: () => parseRules.reload() },
  } satisfies Part
}
