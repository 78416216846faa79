import { X } from 'lucide-react'
import { Button, IconButton } from '../../controls/button.tsx'
import { copy } from '../../controls/copy.ts'
import { COPY_FORMATS, type CopyFormat, rowsAs } from './row-text.ts'
import type { Selection } from './use-selection.ts'

/** The actions on the selected lines. */
export function SelectionBar({ selection }: { selection: Selection }) {
  const { selected } = selection
  if (selected.length === 0) return null
  const lines = `${selected.length.toLocaleString()} ${selected.length === 1 ? 'line' : 'lines'}`
  return (
    <section
      aria-label="Selected lines"
      className="print:hidden fixed inset-x-0 bottom-5 z-30 mx-auto flex w-fit max-w-[calc(100vw-2rem)] flex-wrap items-center gap-1.5 rounded-lg border border-line-strong bg-surface py-1.5 pr-1.5 pl-4 shadow-float"
    >
      <span className="figures mr-2 font-medium max-sm:hidden">{lines}</span>
      <span className="figures mr-1 font-medium sm:hidden">Copy {selected.length.toLocaleString()} as</span>
      {(Object.keys(COPY_FORMATS) as CopyFormat[]).map((format) => (
        <Button
          key={format}
          onClick={() => copy(rowsAs(format, selected), `${lines} as ${COPY_FORMATS[format]}`)}
        >
          <span className="max-sm:sr-only">Copy </span>
          {COPY_FORMATS[format]}
        </Button>
      ))}
      <IconButton label="Select none (Esc)" onClick={selection.clear}>
        <X size={15} aria-hidden />
      </IconButton>
    </section>
  )
}
