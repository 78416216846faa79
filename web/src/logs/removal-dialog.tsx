import { ClearDialog } from './clear-dialog.tsx'
import { DeleteMatchingDialog } from './delete-matching-dialog.tsx'

/** What is to go: what matches a query, or what is old, up to everything. */
export type Removal = { query: string | null }

export function RemovalDialog({ query, close }: Removal & { close: () => void }) {
  return query === null ? <ClearDialog close={close} /> : <DeleteMatchingDialog query={query} close={close} />
}
