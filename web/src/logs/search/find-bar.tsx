import { ChevronDown, ChevronUp, X } from 'lucide-react'
import { IconButton } from '../../controls/button.tsx'
import { Text } from '../../controls/fields.tsx'
import type { Find } from './use-find.ts'

/** A line to find text in the lines that are shown, as in an editor. */
export function FindBar({ find }: { find: Find }) {
  return (
    <search className="sticky top-(--bar) z-20 mb-2 ml-auto flex w-fit max-w-full items-center gap-1 rounded-md border border-line-strong bg-surface p-1 shadow-float">
      <Text
        aria-label="Find in the list"
        placeholder="Find in the list"
        value={find.text ?? ''}
        // It was just asked for by its key.
        autoFocus
        onChange={find.type}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find.step(event.shiftKey ? -1 : 1)
          if (event.key === 'Escape') find.close()
        }}
        className="w-48! min-w-0 shrink border-transparent!"
      />
      <span className="figures min-w-16 shrink-0 px-1 text-right text-small text-muted" aria-live="polite">
        {find.text === ''
          ? ''
          : find.hits === 0
            ? 'no match'
            : `${find.at.toLocaleString()} of ${find.hits.toLocaleString()}`}
      </span>
      <IconButton label="Previous (Shift+Enter)" disabled={find.hits === 0} onClick={() => find.step(-1)}>
        <ChevronUp size={15} aria-hidden />
      </IconButton>
      <IconButton label="Next (Enter)" disabled={find.hits === 0} onClick={() => find.step(1)}>
        <ChevronDown size={15} aria-hidden />
      </IconButton>
      <IconButton label="Close (Esc)" onClick={find.close}>
        <X size={15} aria-hidden />
      </IconButton>
    </search>
  )
}
