// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by the virtual list, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { COLUMNS } from './columns.ts'

export function ListHeader({ zone }: { zone: string }) {
  return (
    <div
      role="rowgroup"
      className="sticky top-14 z-10 rounded-t-lg border-b border-line bg-surface text-label font-medium text-faint"
    >
      <div role="row" aria-rowindex={1} className={`${COLUMNS} h-7 items-center`}>
        <span role="columnheader" className="truncate" title={`Times in ${zone}`}>
          Time · {zone}
        </span>
        <span role="columnheader">Level</span>
        <span role="columnheader">Origin</span>
        <span role="columnheader">Message</span>
      </div>
    </div>
  )
}
