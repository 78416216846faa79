import { X } from 'lucide-react'
import { useCameras } from '../api/use-settings.ts'
import { Button } from '../controls/button.tsx'
import { Labelled, TextField } from '../controls/fields.tsx'
import { MinLevelSelect } from '../logs/level-select.tsx'
import { hasFilters, type LogFilters, NO_FILTERS } from '../logs/view.ts'
import { describeFilter } from './describe-filter.ts'

/** Which lines a rule is about: the fields that most rules need, and what came from the list beside them. */
export function FilterFields({
  filters,
  onChange,
}: {
  filters: LogFilters
  onChange: (filters: LogFilters) => void
}) {
  const cameras = useCameras()
  const names = new Map(cameras.data?.cameras.map(({ id, name }) => [id, name]))
  const set = (change: Partial<LogFilters>) => onChange({ ...filters, ...change })
  const { min_level, source, q } = filters
  const others = { ...filters, min_level: null, source: [], q: '' }
  return (
    <div className="grid gap-3">
      <div className="grid gap-3 sm:grid-cols-[11rem_11rem_minmax(0,1fr)]">
        <Labelled name="Lines of level">
          <MinLevelSelect
            value={min_level}
            none="any level"
            onChange={(level) => set({ min_level: level })}
          />
        </Labelled>
        <TextField
          name="Source"
          value={source.join(', ')}
          placeholder="any source"
          onChange={(text) => set({ source: sourcesIn(text) })}
        />
        <TextField
          name="Search, as in the list"
          value={q}
          maxLength={1000}
          placeholder='timeout -"back again"'
          onChange={(text) => set({ q: text })}
          className="font-mono text-small"
        />
      </div>
      {hasFilters(others) && (
        <p className="flex flex-wrap items-center gap-2 text-muted">
          <span className="min-w-0 wrap-anywhere">And: {describeFilter(others, names)}</span>
          <Button kind="quiet" onClick={() => onChange({ ...NO_FILTERS, min_level, source, q })}>
            <X size={13} aria-hidden /> Drop these
          </Button>
        </p>
      )}
    </div>
  )
}

/** Names with commas between; an unfinished name keeps its place. */
function sourcesIn(text: string): string[] {
  return text === '' ? [] : text.split(',').map((name) => name.trimStart())
}
