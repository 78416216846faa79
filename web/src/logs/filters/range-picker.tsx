import { ChevronDown, Clock } from 'lucide-react'
import { lazyPart } from '../../app/lazy-part.ts'
import { PopupButton } from '../../controls/popup-button.tsx'
import type { Range } from '../../time/range.ts'
import { periodInWords } from '../period.ts'
import type { ChangeView } from '../use-view.ts'

const load = () => import('./range-form.tsx').then((module) => ({ default: module.RangePanel }))
const RangePanel = lazyPart(load)

export function RangePicker({ range, change, zone }: { range: Range; change: ChangeView; zone: string }) {
  return (
    <PopupButton
      className="max-sm:min-w-0 max-sm:flex-1"
      preload={load}
      popup={(popup) => (
        <RangePanel {...popup} range={range} zone={zone} choose={(next) => change({ range: next })} />
      )}
    >
      <Clock size={15} className="shrink-0 text-faint" aria-hidden />
      <span className="truncate first-letter:uppercase">{periodInWords(range, zone)}</span>
      <span className="font-normal text-faint max-lg:sr-only">{zone}</span>
      <ChevronDown size={14} className="shrink-0 text-faint" aria-hidden />
    </PopupButton>
  )
}
