import type { Fields } from 'timelapser-logs/api'
import { Link } from '../app/link.tsx'
import type { ChangeView } from '../logs/use-view.ts'
import type { LogView } from '../logs/view.ts'
import { MessageText } from '../text/message-text.tsx'
import { FieldValueItem } from './field-value-item.tsx'

type Field = Fields['fields'][number]

/** One field: how many lines have it, what its numbers come to, and its values, most first. */
export function FieldCard({
  field,
  total,
  alone,
  view,
  change,
}: {
  field: Field
  /** Lines looked at. */
  total: number
  /** Where all its values are listed; null when they are here. */
  alone: string | null
  view: LogView
  change: ChangeView
}) {
  const { numbers, others, lists } = field
  const values = alone !== null && isSpread(field) ? [] : field.values
  return (
    <li className="mb-3 grid min-w-0 break-inside-avoid content-start gap-2 rounded-lg border border-line bg-surface px-4 py-3">
      <Heading field={field} total={total} alone={alone} />
      {numbers && numbers.min !== numbers.max && <Figures numbers={numbers} />}
      {lists > 0 && (
        <p className="text-small text-muted">
          A list in {lists.toLocaleString()} {lists === 1 ? 'line' : 'lines'}, not inspected
        </p>
      )}
      {values.length > 0 && (
        <ul aria-label={`Values of ${field.field}`} className="-mx-2 grid grid-cols-1">
          {values.map((value) => (
            <FieldValueItem
              key={`${value.kind} ${value.text} ${value.q}`}
              value={value}
              lines={field.lines}
              view={view}
              change={change}
            />
          ))}
        </ul>
      )}
      {others > 0 && (
        <p className="figures text-small text-muted">
          {values.length === 0 ? 'No value stands out' : othersInWords(others)}
          {alone !== null && (
            <>
              {' · '}
              <Link href={alone} className="font-medium text-accent underline-offset-2 hover:underline">
                {field.is_distinct_cut ? 'Over ' : ''}
                {field.distinct.toLocaleString()} values
              </Link>
            </>
          )}
        </p>
      )}
    </li>
  )
}

/** The name of a field, and how many lines have it. */
function Heading({ field, total, alone }: { field: Field; total: number; alone: string | null }) {
  const name = <MessageText text={field.field} />
  return (
    <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
      <h2 className="min-w-0 font-semibold wrap-anywhere">
        {alone === null ? (
          name
        ) : (
          <Link href={alone} className="hover:underline">
            {name}
          </Link>
        )}
      </h2>
      <p className="figures ml-auto text-small text-muted">
        {field.lines.toLocaleString()} {field.lines === 1 ? 'line' : 'lines'}, {percent(field.lines, total)}
      </p>
    </div>
  )
}

/** Below this share of the lines the most frequent values are not informative. */
const TELLING = 0.05

function isSpread({ values, lines, distinct }: Field): boolean {
  const listed = values.reduce((sum, { count }) => sum + count, 0)
  return distinct > values.length && listed < TELLING * lines
}

function othersInWords(others: number): string {
  return `${others.toLocaleString()} ${others === 1 ? 'line has another value' : 'lines have other values'}`
}

const FIGURES = [
  ['min', 'min'],
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['max', 'max'],
  ['mean', 'mean'],
] as const

function Figures({ numbers }: { numbers: NonNullable<Field['numbers']> }) {
  return (
    <dl className="figures grid grid-cols-3 gap-x-4 gap-y-1 rounded-md bg-sunken px-3 py-2 text-small sm:grid-cols-6">
      {FIGURES.map(([name, word]) => (
        <div key={name} className="flex min-w-0 flex-col justify-end">
          <dt className="text-faint">{word}</dt>
          <dd className="truncate" title={String(numbers[name])}>
            {numbers[name].toLocaleString(undefined, { maximumSignificantDigits: 5 })}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function percent(count: number, of: number): string {
  const share = (100 * count) / Math.max(1, of)
  return `${share.toLocaleString(undefined, { maximumFractionDigits: share < 10 ? 1 : 0 })} %`
}
