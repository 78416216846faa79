// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { X } from 'lucide-react'
import { COLUMNS, type Column, columnName, columns, fieldPath, useColumns } from './columns.ts'
import { ResizeHandle } from './resize-handle.tsx'

export function ListHeader({ zone }: { zone: string }) {
  const { shown } = useColumns()
  return (
    <div
      role="rowgroup"
      className="sticky top-(--bar) z-10 rounded-t-lg border-b border-line bg-surface text-label font-medium text-faint"
    >
      <div role="row" aria-rowindex={1} className={`${COLUMNS} h-7 items-center`}>
        {shown.map((name) => (
          <span
            key={name}
            role="columnheader"
            className="relative min-w-0"
            title={name === 'time' ? `Times in ${zone}` : undefined}
          >
            <span className="flex items-center gap-1">
              <span className="truncate">{headOf(name, zone)}</span>
              {fieldPath(name) !== null && (
                <button
                  type="button"
                  aria-label={`Remove the column ${columnName(name)}`}
                  title="Remove the column"
                  onClick={() => columns.toggle(name)}
                  className="rounded-sm hover:text-ink"
                >
                  <X size={12} aria-hidden />
                </button>
              )}
            </span>
            <ResizeHandle column={name} />
          </span>
        ))}
        <span role="columnheader">Message</span>
      </div>
    </div>
  )
}

function headOf(name: Column, zone: string): string {
  return name === 'time' ? `Time · ${zone}` : columnName(name)
}
