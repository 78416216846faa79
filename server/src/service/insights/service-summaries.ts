import type { LogRow } from '../../store/database/reader.ts'
import { fromMillis, HOUR, now, toMillis } from '../../store/database/timestamp.ts'
import type { Visibility } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { countDimensions } from '../../store/reading/log-overview.ts'
import type { ScannedMessage } from '../../store/reading/message-scan.ts'
import { type MessageGroup, MessageGroups } from './message-groups.ts'
import { daysBefore, type MessageScanner, type Range } from './message-scanner.ts'
import { type LevelCounts, levelCounts, rateOf, rowsOf } from './noisy-loggers.ts'

type ServiceSummary = {
  service: string
  count: number
  by_level: LevelCounts
  rate_per_minute: number
  last_log: LogRow | null
  first_seen_errors: MessageGroup[]
}
export type ServiceSummaries = Range & {
  services: ServiceSummary[]
  hours: number
  searched_to: string | null
}

/** Services that are listed when none are named; each costs a look at its newest line. */
const MAX_SERVICES = 50

/** Shapes of new errors listed of each service. */
const MAX_FIRST_SEEN = 20

/** A new error has not been seen in this many days before. */
const COMPARED_DAYS = 7

type Asked = { visibility: Visibility; signal?: AbortSignal | undefined }

/**
 * Each service (source) with its counts, its last line and the errors it had none of in the seven days before.
 *
 * @param names in the order of the answer; undefined for those that wrote most
 */
export async function summariseServices(
  logs: LogOperations,
  scanner: MessageScanner,
  names: readonly string[] | undefined,
  hours: number,
  asked: Asked,
): Promise<ServiceSummaries> {
  const { visibility, signal } = asked
  const end = now()
  const range = { start: fromMillis(toMillis(end) - hours * HOUR), end }
  const filter = { visibility, ...range, ...(names && { sources: names }) }
  const bySource = Map.groupBy(await logs.read(countDimensions, filter, signal), ({ source }) => source)
  const busiest = [...bySource].sort(([, a], [, b]) => rowsOf(b) - rowsOf(a)).slice(0, MAX_SERVICES)
  const listed = names ? [...new Set(names)] : busiest.map(([source]) => source)
  const { errors, searched_to } = await findFirstSeen(scanner, listed, range, asked)
  const services: ServiceSummary[] = []
  for (const service of listed) {
    const [last_log] = await logs.getLogs({ visibility, sources: [service] }, { offset: 0, limit: 1 })
    const of = bySource.get(service) ?? []
    services.push({
      service,
      count: rowsOf(of),
      by_level: levelCounts(of),
      rate_per_minute: rateOf(rowsOf(of), hours * 60),
      last_log: last_log ?? null,
      first_seen_errors: errors.get(service)?.list(MAX_FIRST_SEEN).groups ?? [],
    })
  }
  return { services, hours, ...range, searched_to }
}

/** The shapes of errors that each service did not have before. */
async function findFirstSeen(
  scanner: MessageScanner,
  services: readonly string[],
  range: Range,
  asked: Asked,
): Promise<{ errors: Map<string, MessageGroups>; searched_to: string | null }> {
  const errors = new Map(services.map((service) => [service, new MessageGroups()]))
  if (services.length === 0) return { errors, searched_to: null }
  const query = { min_level: 'ERROR', source: [...services] }
  const reader = { ...asked, share: 0.5 }
  const bySource = (some: readonly ScannedMessage[]) => Map.groupBy(some, ({ source }) => source)
  const searched_to = await scanner.scan(query, range, reader, (some) => {
    for (const [source, of] of bySource(some)) errors.get(source)?.add(of)
    return true
  })
  await scanner.scan(query, daysBefore(range.start, COMPARED_DAYS), reader, (some) => {
    for (const [source, of] of bySource(some)) errors.get(source)?.forgetThoseOf(of)
    return [...errors.values()].some(({ size }) => size > 0)
  })
  return { errors, searched_to }
}
