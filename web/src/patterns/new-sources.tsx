import type { NewMessages } from 'timelapser-logs/api'
import { Link } from '../app/link.tsx'
import { filtersOf } from '../logs/use-view.ts'
import type { LogView } from '../logs/view.ts'
import { MessageText } from '../text/message-text.tsx'

/** Beyond it they are counted: a person who adds a hundred cameras knows of them. */
const SHOWN = 20

/** Sources that were not heard of before, each a way to its lines. */
export function NewSources({ sources, view }: { sources: NewMessages['sources']; view: LogView }) {
  if (sources.length === 0) return null
  return (
    <section className="grid gap-2 rounded-lg border border-line bg-surface px-4 py-3">
      <h2 className="font-semibold">
        {sources.length.toLocaleString()} new {sources.length === 1 ? 'source' : 'sources'}
      </h2>
      <ul aria-label="New sources" className="flex flex-wrap gap-x-4 gap-y-1.5 text-small">
        {sources.slice(0, SHOWN).map(({ source, count }) => (
          <li key={source} className="min-w-0 wrap-anywhere">
            <Link
              href={`/logs${filtersOf({ ...view, source: [source] })}`}
              className="font-medium text-accent underline-offset-2 hover:underline"
            >
              <MessageText text={source} />
            </Link>{' '}
            <span className="figures text-muted">{count.toLocaleString()}</span>
          </li>
        ))}
        {sources.length > SHOWN && (
          <li className="text-muted">and {(sources.length - SHOWN).toLocaleString()} more</li>
        )}
      </ul>
    </section>
  )
}
