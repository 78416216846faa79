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
