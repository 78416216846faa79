import { Menu } from '@base-ui/react/menu'
import { LogOut, UserRound } from 'lucide-react'
import type { Session } from 'timelapser-logs/api'
import { buttonClass } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { MENU_ITEM, POPUP } from '../controls/surfaces.ts'
import { signOut } from './use-session.ts'

const ROLE = { admin: 'Administrator', viewer: 'Viewer', ingest: 'Ingest key' } as const

export function UserMenu({ session }: { session: Session }) {
  return (
    <Menu.Root>
      <Menu.Trigger className={buttonClass('quiet')} aria-label={`Signed in as ${session.name}`}>
        <UserRound size={16} aria-hidden />
        <span className="max-w-32 truncate max-sm:hidden">{session.name}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={6} className="z-50">
          <Menu.Popup className={`${POPUP} min-w-48 p-1.5`}>
            <div className="border-b border-line px-2.5 pt-1 pb-2.5">
              <p className="truncate font-medium">{session.name}</p>
              <p className="text-small text-faint">{ROLE[session.role]}</p>
            </div>
            <Menu.Item
              className={`${MENU_ITEM} mt-1.5`}
              onClick={() => signOut().catch((error: Error) => notify(error.message, 'failed'))}
            >
              <LogOut size={15} aria-hidden /> Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
