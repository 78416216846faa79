import { type ComponentProps, type ReactNode, type RefObject, Suspense, useRef, useState } from 'react'
import { type ButtonKind, buttonClass } from './button.tsx'

/** The props that a popup gets from the button that opens it. */
export type PopupProps = { anchor: RefObject<HTMLButtonElement | null>; close: () => void }

/**
 * A button that opens a menu or a panel. The popups are parts of their own that are fetched when a pointer or the
 * focus comes near: most visits open one or two of them, and together they weigh as much as the rest of the page.
 */
export function PopupButton({
  kind = 'plain',
  size = 'normal',
  className = '',
  preload,
  popup,
  children,
  ...rest
}: Omit<ComponentProps<'button'>, 'popup'> & {
  kind?: ButtonKind
  size?: 'normal' | 'icon'
  preload: () => Promise<unknown>
  popup: (props: PopupProps) => ReactNode
}) {
  const [open, setOpen] = useState(false)
  // A load that fails now is tried again when the popup is shown.
  const onAim = () => void preload().catch(() => undefined)
  const anchor = useRef<HTMLButtonElement>(null)
  return (
    <>
      <button
        ref={anchor}
        type="button"
        aria-haspopup="true"
        aria-expanded={open}
        onPointerEnter={onAim}
        onFocus={onAim}
        onClick={() => setOpen(!open)}
        className={`${buttonClass(kind, size)} ${className}`}
        {...rest}
      >
        {children}
      </button>
      {open && <Suspense fallback={null}>{popup({ anchor, close: () => setOpen(false) })}</Suspense>}
    </>
  )
}

/** Whether a press that closes a popup was on its own button, which then closes it itself. */
export function isOwnButton(anchor: PopupProps['anchor'], event: Event): boolean {
  return event.target instanceof Node && anchor.current?.contains(event.target) === true
}
