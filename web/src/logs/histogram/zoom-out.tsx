import { ZoomOut } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../controls/button.tsx'
import type { Range } from '../../time/range.ts'
import { periodInWords } from '../period.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'

/** Leads back to the range that was zoomed into. */
export function ZoomOutButton({ back, zone }: { back: ReturnType<typeof useZoom>['back']; zone: string }) {
  if (back === null) return null
  return (
    <Button kind="quiet" className="h-7! px-2! text-small!" onClick={back.go}>
      <ZoomOut size={14} aria-hidden /> Back to {periodInWords(back.range, zone)}
    </Button>
  )
}

/** Zooming into spans, and the way back to the range the first of them was chosen in. */
export function useZoom(view: LogView, change: ChangeView) {
  const [zoomed, setZoomed] = useState<{ into: Range; from: Range } | null>(null)
  const isZoomed = zoomed !== null && isSame(zoomed.into, view.range)
  return {
    zoom(from: string, to: string) {
      const into: Range = { kind: 'between', from, to }
      setZoomed({ into, from: isZoomed ? zoomed.from : view.range })
      change({ range: into })
    },
    /** Null where nothing was zoomed into, or another range was chosen since. */
    back: isZoomed ? { range: zoomed.from, go: () => change({ range: zoomed.from }) } : null,
  }
}

function isSame(one: Range, other: Range): boolean {
  return one.kind === 'between' && other.kind === 'between' && one.from === other.from && one.to === other.to
}
