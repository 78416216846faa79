import { Popover } from '@base-ui/react/popover'
import { ChevronDown, Clock } from 'lucide-react'
import { useState } from 'react'
import { buttonClass } from '../controls/button.tsx'
import { POPUP } from '../controls/surfaces.ts'
import type { Range } from '../time/range.ts'
import { periodInWords } from './period.ts'
import { RangeForm } from './range-form.tsx'
import type { ChangeView } from './use-view.ts'

export function RangePicker({ range, change, zone }: { range: Range; change: ChangeView; zone: string }) {
  const [open, setOpen] = useState(false)
  const choose = (next: Range) => {
    setOpen(false)
    change({ range: next })
  }
  const period = periodInWords(range, zone)
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        className={`${buttonClass('plain')} max-sm:flex-1`}
        aria-label={`Time range: ${period}, ${zone}`}
      >
        <Clock size={15} className="text-faint" aria-hidden />
        <span className="first-letter:uppercase">{period}</span>
        <span className="font-normal text-faint max-lg:hidden">{zone}</span>
        <ChevronDown size={14} className="text-faint" aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner align="end" sideOffset={6} className="z-50">
          <Popover.Popup className={`${POPUP} w-[min(26rem,calc(100vw-2rem))] p-4`} aria-label="Time range">
            <RangeForm range={range} zone={zone} choose={choose} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
