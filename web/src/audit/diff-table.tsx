import { useDisplayZone } from '../time/display-zone.ts'
import { TimedText } from '../time/timed-text.tsx'
import type { DiffLine } from './audit-diff.ts'

/** Each value before and after; unchanged values are shown once and quietly. */
export function DiffTable({ lines }: { lines: readonly DiffLine[] }) {
  if (lines.length === 0) return <p className="text-muted">No values were recorded.</p>
  return (
    <table className="w-full table-fixed text-left text-small max-sm:block">
      <thead className="text-muted max-sm:sr-only">
        <tr className="*:py-1 *:pr-4 *:font-medium">
          <th scope="col" className="w-1/4">
            Value
          </th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody className="max-sm:block">
        {lines.map(({ name, before, after }) => (
          <tr key={name} className="border-t border-line align-top max-sm:block max-sm:py-1.5">
            <th scope="row" className="py-1 pr-4 font-normal wrap-anywhere text-muted max-sm:block">
              {name === '' ? 'value' : name.replaceAll('_', ' ')}
            </th>
            {before === after ? (
              <td colSpan={2} className="py-1 pr-4 font-mono wrap-anywhere text-faint max-sm:block">
                <Value text={after} />
              </td>
            ) : (
              <>
                <td className="py-1 pr-4 font-mono wrap-anywhere text-error max-sm:block">
                  {before !== null && <span aria-hidden>− </span>}
                  <Value text={before} />
                </td>
                <td className="py-1 font-mono wrap-anywhere text-live max-sm:block">
                  {after !== null && <span aria-hidden>+ </span>}
                  <Value text={after} />
                </td>
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Value({ text }: { text: string | null }) {
  const zone = useDisplayZone()
  if (text === null) return <span className="text-faint">–</span>
  return <TimedText text={text} zone={zone} />
}
