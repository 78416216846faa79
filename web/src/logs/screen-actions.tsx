import { Menu } from '@base-ui/react/menu'
import { Check, Ellipsis, Keyboard, RotateCw, Trash2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { usePreference } from '../app/preference.ts'
import { buttonClass, IconButton } from '../controls/button.tsx'
import { MENU_ITEM, POPUP } from '../controls/surfaces.ts'
import { densityPreference, wrapPreference } from './list-preferences.ts'
import { LiveBadge } from './live-badge.tsx'
import type { LiveListState } from './use-live-list.ts'

const ClearDialog = lazy(() =>
  import('./clear-dialog.tsx').then((module) => ({ default: module.ClearDialog })),
)

/** What acts on the whole screen rather than narrowing it. */
export function ScreenActions({
  live,
  refresh,
  busy,
  isAdmin,
  openSheet,
}: {
  live: LiveListState
  refresh: () => void
  busy: boolean
  isAdmin: boolean
  openSheet: () => void
}) {
  const [clearing, setClearing] = useState(false)
  return (
    <div className="flex items-center gap-1.5 max-sm:w-full">
      <LiveBadge live={live} />
      <IconButton label="Refresh (r)" kind="plain" onClick={refresh} className="max-sm:ml-auto">
        <RotateCw size={15} className={busy ? 'animate-spin' : ''} aria-hidden />
      </IconButton>
      <Menu.Root>
        <Menu.Trigger className={buttonClass('plain', 'icon')} aria-label="More" title="More">
          <Ellipsis size={16} aria-hidden />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner align="end" sideOffset={6} className="z-50">
            <Menu.Popup className={`${POPUP} min-w-60 p-1.5`}>
              <ListChoices />
              <Menu.Item className={MENU_ITEM} onClick={openSheet}>
                <Keyboard size={15} aria-hidden /> Keyboard shortcuts <Hint>?</Hint>
              </Menu.Item>
              <Menu.Separator className="my-1.5 border-t border-line" />
              <Menu.Item
                className={`${MENU_ITEM} text-error`}
                disabled={!isAdmin}
                title={isAdmin ? undefined : 'Only an administrator may delete lines.'}
                onClick={() => setClearing(true)}
              >
                <Trash2 size={15} aria-hidden /> Clear logs…
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {clearing && (
        <Suspense fallback={null}>
          <ClearDialog close={() => setClearing(false)} />
        </Suspense>
      )}
    </div>
  )
}

function ListChoices() {
  const [wrap, setWrap] = usePreference(wrapPreference)
  const [density, setDensity] = usePreference(densityPreference)
  return (
    <>
      <Menu.CheckboxItem
        className={MENU_ITEM}
        checked={wrap === 'wrap'}
        onCheckedChange={(on) => setWrap(on ? 'wrap' : 'cut')}
      >
        <Mark /> Wrap long lines <Hint>w</Hint>
      </Menu.CheckboxItem>
      <Menu.CheckboxItem
        className={MENU_ITEM}
        checked={density === 'roomy'}
        onCheckedChange={(on) => setDensity(on ? 'roomy' : 'compact')}
      >
        <Mark /> Roomy rows <Hint>d</Hint>
      </Menu.CheckboxItem>
    </>
  )
}

function Mark() {
  return (
    <span className="grid size-4 place-items-center">
      <Menu.CheckboxItemIndicator>
        <Check size={14} aria-hidden />
      </Menu.CheckboxItemIndicator>
    </span>
  )
}

function Hint({ children }: { children: string }) {
  return <span className="ml-auto pl-4 font-mono text-small text-faint">{children}</span>
}
