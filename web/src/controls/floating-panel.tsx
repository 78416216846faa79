import { Popover } from '@base-ui/react/popover'
import type { ReactNode } from 'react'
import { isOwnButton, type PopupProps } from './popup-button.tsx'
import { BELOW_OR_ABOVE, POPUP } from './surfaces.ts'

/** A panel under its button, closed by Escape or a press elsewhere; the focus goes in and comes back. */
export function FloatingPanel({
  anchor,
  close,
  label,
  className,
  children,
}: PopupProps & { label: string; className: string; children: ReactNode }) {
  return (
    <Popover.Root open onOpenChange={(open, { event }) => !open && !isOwnButton(anchor, event) && close()}>
      <Popover.Portal>
        <Popover.Positioner
          anchor={anchor}
          align="end"
          sideOffset={6}
          collisionAvoidance={BELOW_OR_ABOVE}
          className="z-50"
        >
          <Popover.Popup className={`${POPUP} ${className}`} aria-label={label} finalFocus={anchor}>
            {children}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
