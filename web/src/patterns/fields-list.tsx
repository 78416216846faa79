import { ArrowLeft } from 'lucide-react'
import type { Fields } from 'timelapser-logs/api'
import { Link } from '../app/link.tsx'
import { EmptyState } from '../logs/summary/empty-state.tsx'
import { type ChangeView, filtersOf } from '../logs/use-view.ts'
import type { LogView } from '../logs/view.ts'
import { FieldCard } from './field-card.tsx'

/** The fields of the lines and what they hold; or one of them, with all its values. */
export function FieldsList({
  data,
  field,
  view,
  change,
}: {
  data: Fields
  field: string | null
  view: LogView
  change: ChangeView
}) {
  const isAlone = field !== null
  return (
    <div className="grid grid-cols-1 gap-3">
      {isAlone && (
        <Link
          href={fieldsPath(view, null)}
          className="flex items-center gap-1.5 justify-self-start rounded-sm font-medium text-accent underline-offset-2 hover:underline"
        >
          <ArrowLeft size={14} aria-hidden /> All fields
        </Link>
      )}
      {data.fields.length === 0 ? (
        <EmptyState title={isAlone ? `No line has ${field}` : 'No line has fields'}>
          <p>
            {isAlone
              ? 'No line in this range that matches the filters has this field.'
              : 'Fields are the keys of extra_data. No line in this range that matches the filters has any.'}
          </p>
        </EmptyState>
      ) : (
        <ul aria-label="Fields" className={isAlone ? '' : 'gap-3 lg:columns-2 2xl:columns-3'}>
          {data.fields.map((one) => (
            <FieldCard
              key={one.field}
              field={one}
              total={data.total}
              alone={isAlone && data.fields.length === 1 ? null : fieldsPath(view, one.field)}
              view={view}
              change={change}
            />
          ))}
        </ul>
      )}
    </div>
  )
}

/** The address of a field's values under the filters of a view; of all fields without a field. */
function fieldsPath(view: LogView, field: string | null): string {
  const query = new URLSearchParams(filtersOf(view))
  query.set('show', 'fields')
  if (field !== null) query.set('field', field)
  return `/patterns?${query}`
}
