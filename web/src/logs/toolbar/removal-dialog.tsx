import { ClearDialog } from './clear-dialog.tsx'
import { DeleteMatchingDialog } from './delete-matching-dialog.tsx'

/** The lines to delete: those that match a query, or those of an age, up to everything. */
export type Removal = { query: string | null }

export function RemovalDialog({ query, close }: Removal & { close: () => void }) {
  return query === null ? <ClearDialog close={close} /> : <DeleteMatchingDialog query={query} close={close} />
}
