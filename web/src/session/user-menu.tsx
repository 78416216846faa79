import { UserRound } from 'lucide-react'
import { lazy } from 'react'
import type { Session } from 'timelapser-logs/api'
import { PopupButton } from '../controls/popup-button.tsx'

const load = () => import('./user-menu-items.tsx').then((module) => ({ default: module.UserMenuItems }))
const UserMenuItems = lazy(load)

export function UserMenu({ session }: { session: Session }) {
  return (
    <PopupButton
      kind="quiet"
      aria-label={`Account: ${session.name}`}
      preload={load}
      popup={(popup) => <UserMenuItems {...popup} session={session} />}
    >
      <UserRound size={16} aria-hidden />
      <span className="max-w-32 truncate max-sm:hidden">{session.name}</span>
    </PopupButton>
  )
}
