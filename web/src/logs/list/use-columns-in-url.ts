import { useEffect, useLayoutEffect } from 'react'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { areSame, columns, useColumns } from './columns.ts'

/**
 * Keeps the columns and the URL the same: a link shows the sender's columns, and the columns that a browser remembers
 * are put into the URL, so that its recipient sees them too.
 */
export function useColumnsInUrl(view: LogView, change: ChangeView): void {
  const asked = view.columns?.join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: an address is read anew on every change, its names may be the same
  useLayoutEffect(() => {
    if (view.columns !== null && !areSame(view.columns, columns.inUrl())) columns.show(view.columns)
  }, [asked])
  const { shown } = useColumns()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shown columns may just have been read from the address
  useEffect(() => {
    if (!areSame(view.columns, columns.inUrl())) change({ columns: columns.inUrl() }, { replace: true })
  }, [shown, asked, change])
}
