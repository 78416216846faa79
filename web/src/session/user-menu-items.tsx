import { Menu } from '@base-ui/react/menu'
import { LogOut } from 'lucide-react'
import type { Session } from 'timelapser-logs/api'
import { FloatingMenu } from '../controls/floating-menu.tsx'
import { notify } from '../controls/notice.tsx'
import type { PopupProps } from '../controls/popup-button.tsx'
import { MENU_ITEM } from '../controls/surfaces.ts'
import { signOut } from './use-session.ts'

const ROLE = { admin: 'Administrator', viewer: 'Viewer', ingest: 'Ingest key' } as const

export function UserMenuItems({ session, ...popup }: PopupProps & { session: Session }) {
  return (
    <FloatingMenu {...popup} label="Account">
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
    </FloatingMenu>
  )
}
