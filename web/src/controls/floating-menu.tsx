import { Menu } from '@base-ui/react/menu'
import type { ReactNode } from 'react'
import { isOwnButton, type PopupProps } from './popup-button.tsx'
import { BELOW_OR_ABOVE, POPUP } from './surfaces.ts'

/** A menu under its button. */
export function FloatingMenu({
  anchor,
  close,
  label,
  children,
}: PopupProps & { label: string; children: ReactNode }) {
  return (
    <Menu.Root
      open
      modal={false}
      onOpenChange={(open, { event }) => !open && !isOwnButton(anchor, event) && close()}
    >
      <Menu.Portal>
        <Menu.Positioner
          anchor={anchor}
          align="end"
          sideOffset={6}
          collisionAvoidance={BELOW_OR_ABOVE}
          className="z-50"
        >
          <Menu.Popup className={`${POPUP} min-w-56 p-1.5`} aria-label={label} finalFocus={anchor}>
            {children}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

/** A menu of something in a list, under it. */
export function AnchoredMenu({
  anchor,
  label,
  className = 'min-w-52',
  offset = 2,
  alignOffset = 0,
  returnsFocus = false,
  close,
  children,
}: {
  anchor: Element
  label: string
  className?: string
  /** From the anchor down, in pixels. */
  offset?: number
  /** From the left end of the anchor, in pixels. */
  alignOffset?: number
  /** Whether the anchor has the focus afterwards, in place of what had it before. */
  returnsFocus?: boolean
  close: () => void
  children: ReactNode
}) {
  const finalFocus = returnsFocus && { finalFocus: () => anchor as HTMLElement }
  return (
    <Menu.Root open onOpenChange={(open) => !open && close()} modal={false}>
      <Menu.Portal>
        <Menu.Positioner {...{ anchor, alignOffset }} align="start" sideOffset={offset} className="z-50">
          <Menu.Popup className={`${POPUP} ${className} p-1.5`} aria-label={label} {...finalFocus}>
            {children}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
