import { ZoomOut } from 'lucide-react'
import { Button } from '../../controls/button.tsx'
import { periodInWords } from '../period.ts'
import type { useZoom } from './use-zoom.ts'

/** Leads back to the range that was zoomed into. */
export function ZoomOutButton({ back, zone }: { back: ReturnType<typeof useZoom>['back']; zone: string }) {
  if (back === null) return null
  return (
    <Button kind="quiet" className="h-7! px-2! text-small!" onClick={back.go}>
      <ZoomOut size={14} aria-hidden /> Back to {periodInWords(back.range, zone)}
    </Button>
  )
}
