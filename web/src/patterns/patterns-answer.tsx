import type { ErrorGroups, Fields, MessageGroup, NewMessages, NoisyLoggers } from 'timelapser-logs/api'
import { ApiError } from '../api/client.ts'
import { serverNow } from '../api/server-clock.ts'
import { useCameras } from '../api/use-settings.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { LEVEL_NAME, type Level } from '../logs/levels.ts'
import { periodInWords } from '../logs/period.ts'
import { setTerm } from '../logs/search/search-terms.ts'
import { EmptyState } from '../logs/summary/empty-state.tsx'
import { type ChangeView, filtersOf } from '../logs/use-view.ts'
import type { LogView } from '../logs/view.ts'
import { formatMoment } from '../time/format.ts'
import { FieldsList } from './fields-list.tsx'
import { LoggerItem } from './logger-item.tsx'
import { NewSources } from './new-sources.tsx'
import { PatternItem } from './pattern-item.tsx'
import { MOST, type Show, type usePatterns } from './use-patterns.ts'

type Answer = ErrorGroups | NewMessages | NoisyLoggers | Fields

/** The least level when no filter names a level: lines below it have too many kinds to be read. */
const FROM_LEVEL: Readonly<Record<Show, Level | null>> = {
  messages: 'ERROR',
  new: 'WARNING',
  loggers: null,
  fields: null,
}

/** The answer to what the screen asks, or what became of it. */
export function PatternsAnswer({
  show,
  field,
  patterns: { answer, refresh, isLooking },
  view,
  change,
  zone,
}: {
  show: Show
  field: string | null
  patterns: ReturnType<typeof usePatterns<Show>>
  view: LogView
  change: ChangeView
  zone: string
}) {
  const { data, error, isPlaceholderData } = answer
  // A search that is not understood says so at its box.
  if (error instanceof ApiError && error.code === 'INVALID_QUERY') return null
  if (error) {
    return (
      <div className="px-4 sm:px-6">
        <Failed what="The patterns" error={error} retry={refresh} />
      </div>
    )
  }
  const isLevelChosen = view.level.length > 0 || view.min_level !== null
  const level = isLevelChosen ? null : FROM_LEVEL[show]
  const listed = level === null ? view : { ...view, min_level: level }
  return (
    <div className="grid grid-cols-1 gap-3 px-4 sm:px-6">
      <p
        aria-live="polite"
        className="figures flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1 text-muted"
      >
        {data && <Told data={data} view={view} zone={zone} isLooking={isLooking} />}
        {data && level !== null && <LevelNotice level={level} change={change} />}
      </p>
      {data === undefined ? (
        <SkeletonRows name="patterns" rows={8} height="h-[4.25rem]" />
      ) : (
        <div className={isPlaceholderData ? 'outdated' : ''} aria-busy={isPlaceholderData}>
          {'fields' in data && <FieldsList data={data} field={field} view={view} change={change} />}
          {'loggers' in data && <Loggers loggers={data.loggers} view={view} zone={zone} />}
          {'groups' in data && (
            <div className="grid grid-cols-1 gap-4">
              {'sources' in data && <NewSources sources={data.sources} view={view} />}
              <Groups groups={data.groups} view={listed} zone={zone} />
            </div>
          )}
        </div>
      )}
      {data && isEmpty(data) && view.range.kind !== 'all' && show !== 'new' && (
        <Button className="justify-self-center" onClick={() => change({ range: { kind: 'all' } })}>
          Search all stored lines
        </Button>
      )}
    </div>
  )
}

/** That lines below a level are left out, and the way to them. */
function LevelNotice({ level, change }: { level: Level; change: ChangeView }) {
  return (
    <span>
      {LEVEL_NAME[level]} and above, as no level is chosen.{' '}
      <button
        type="button"
        onClick={() => change({ min_level: 'DEBUG' })}
        className="rounded-sm font-medium text-accent underline-offset-2 hover:underline"
      >
        Include all levels
      </button>
    </span>
  )
}

function isEmpty(data: Answer): boolean {
  if ('fields' in data) return data.fields.length === 0
  return 'loggers' in data ? data.loggers.length === 0 : data.groups.length === 0
}

/** The searched lines: how many, from when, and whether they were all. */
function Told({
  data,
  view,
  zone,
  isLooking,
}: {
  data: Answer
  view: LogView
  zone: string
  isLooking: boolean
}) {
  const moment = (time: string) => formatMoment(time, zone, serverNow())
  return (
    <>
      {'total' in data && (
        <span>
          <strong className="font-semibold text-ink">{data.total.toLocaleString()}</strong>{' '}
          {data.total === 1 ? 'line' : 'lines'}, {periodInWords(view.range, zone)}
        </span>
      )}
      {'compared_from' in data && (
        <span>
          In the {periodInWords(view.range, zone)}, and not from {moment(data.compared_from)} until then
        </span>
      )}
      {'others' in data && data.others > 0 && (
        <span>{data.others.toLocaleString()} of them are of rarer kinds that are not listed</span>
      )}
      {'fields' in data && (data.is_cut || data.fields.length === MOST) && (
        <span>only the most frequent fields are listed</span>
      )}
      {'loggers' in data && data.loggers.length === MOST && (
        <span>only the {MOST} loggers with the most lines are listed</span>
      )}
      {data.searched_to !== null && isLooking && (
        <span>since {moment(data.searched_to)} so far; searching older lines …</span>
      )}
      {data.searched_to !== null && !isLooking && (
        <span className="text-warning">
          since {moment(data.searched_to)} only: the time limit stopped the search
        </span>
      )}
    </>
  )
}

function Groups({ groups, view, zone }: { groups: readonly MessageGroup[]; view: LogView; zone: string }) {
  const nameOf = useSourceName()
  if (groups.length === 0) {
    return (
      <EmptyState title="No lines found">
        <p>No line in this range matches the filters.</p>
      </EmptyState>
    )
  }
  const most = Math.max(...groups.map(({ count }) => count))
  return (
    <ul
      aria-label="Kinds of messages"
      className="divide-y divide-line rounded-lg border border-line bg-surface"
    >
      {groups.map((group) => (
        <PatternItem
          key={`${group.shape} ${group.last_id}`}
          group={group}
          most={most}
          zone={zone}
          nameOf={nameOf}
          lines={{
            ...view,
            page: 1,
            until: null,
            q: group.q === '' ? view.q : setTerm(view.q, group.q, 'in'),
          }}
        />
      ))}
    </ul>
  )
}

/** The lines of a camera come from `camera_3`; people know it by its name. */
function useSourceName(): (source: string) => string {
  const cameras = useCameras()
  const names = new Map(cameras.data?.cameras.map(({ id, name }) => [`camera_${id}`, name]))
  return (source) => names.get(source) ?? source
}

function Loggers({ loggers, view, zone }: { loggers: NoisyLoggers['loggers']; view: LogView; zone: string }) {
  if (loggers.length === 0) {
    return (
      <EmptyState title="No lines found">
        <p>No line in this range matches the filters.</p>
      </EmptyState>
    )
  }
  const most = Math.max(...loggers.map(({ count }) => count))
  return (
    <ul aria-label="Loggers" className="divide-y divide-line rounded-lg border border-line bg-surface">
      {loggers.map((logger) => (
        <LoggerItem
          key={logger.logger_name}
          logger={logger}
          most={most}
          zone={zone}
          href={
            logger.logger_name === null
              ? null
              : `/logs${filtersOf({ ...view, logger_name: [logger.logger_name] })}`
          }
        />
      ))}
    </ul>
  )
}
