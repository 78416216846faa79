import { Menu } from '@base-ui/react/menu'
import { FloatingMenu } from '../controls/floating-menu.tsx'
import type { PopupProps } from '../controls/popup-button.tsx'
import { MENU_ITEM } from '../controls/surfaces.ts'
import { Link } from './link.tsx'
import { hrefOf, type Screen } from './screens.ts'

export function MainNavMenu({
  screens,
  current,
  here,
  ...popup
}: PopupProps & {
  screens: readonly Screen[]
  current: Screen | undefined
  here: { path: string; search: string }
}) {
  return (
    <FloatingMenu {...popup} label="Screens">
      {screens.map((screen) => (
        <Menu.Item
          key={screen.path}
          render={
            <Link href={hrefOf(screen, here)} aria-current={screen === current ? 'page' : undefined}>
              {screen.name}
            </Link>
          }
          onClick={popup.close}
          className={`${MENU_ITEM} ${screen === current ? 'font-semibold text-accent' : ''}`}
        />
      ))}
    </FloatingMenu>
  )
}
