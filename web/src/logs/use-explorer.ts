import { useEffect, useState } from 'react'
import { useSession } from '../session/use-session.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { useSelection } from './list/use-selection.ts'
import { useLiveList } from './live/use-live-list.ts'
import { useLogsKeys } from './use-logs-keys.ts'
import { useLogsScreen } from './use-logs-screen.ts'
import { useView } from './use-view.ts'

export type Explorer = ReturnType<typeof useExplorer>

/** The view, the lines in it, and what the keys and the pointer have chosen among them. */
export function useExplorer() {
  const [view, change] = useView()
  const zone = useDisplayZone()
  const session = useSession().data
  const screen = useLogsScreen(view, zone)
  const live = useLiveList(view, change, screen)
  const { rows } = live
  const selection = useSelection(rows)
  const [isOpen, setOpen] = useState(false)
  const sheet = { isOpen, open: () => setOpen(true), close: () => setOpen(false) }
  const { refresh } = screen
  const keys = useLogsKeys({ view, change, live, refresh, rows, selection, openSheet: sheet.open })
  useEffect(() => {
    if (view.log !== null) keys.setActive(view.log)
  }, [view.log, keys.setActive])
  return { view, change, zone, session, screen, live, selection, keys, sheet }
}
