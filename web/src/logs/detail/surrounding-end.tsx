import { ArrowDown, ArrowUp } from 'lucide-react'
import { MAX_SIDE } from '../../api/use-surroundings.ts'

type End = 'before' | 'after'

/** Where the lines around one end: more of them, or that there are none. */
export function SurroundingEnd({
  end,
  has,
  isCut,
  shown,
  ask,
}: {
  end: End
  has: boolean
  /** Whether fewer came than were asked for, since the lines are long. */
  isCut: boolean
  shown: number
  ask: (end: End) => void
}) {
  const word = end === 'after' ? 'newer' : 'older'
  if (!has) return <p className="py-1 text-center text-small text-faint">No {word} lines</p>
  const Arrow = end === 'after' ? ArrowUp : ArrowDown
  return (
    <button
      type="button"
      onClick={() => ask(end)}
      className="flex items-center justify-center gap-1.5 rounded-md py-1 text-small font-medium text-accent hover:bg-hover"
    >
      <Arrow size={13} aria-hidden />
      {shown < MAX_SIDE && !isCut
        ? `More ${word} lines`
        : isCut
          ? `Continue from the ${end === 'after' ? 'newest' : 'oldest'} of these: long lines, limited to 8 MB at a time`
          : `Continue from the ${end === 'after' ? 'newest' : 'oldest'} of these`}
    </button>
  )
}
