// The rights to a thing that one reader keeps and may share with the others: saved views and boards.
import { repairText } from '@timelapser/logger'
import { readLevel } from '../../ingest/record-fields.ts'
import type { Principal } from '../access/access.ts'
import { AppError } from '../app-error.ts'

type Owned = { owner: string; shared: boolean }

/** As the database has it. */
export function ownerOf({ kind, id }: Principal): string {
  return `${kind} ${id}`
}

/** The owner always, an administrator where it is shared. */
export function mayEdit(reader: Principal, { owner, shared }: Owned): boolean {
  return owner === ownerOf(reader) || (shared && reader.role === 'admin')
}

/** Without the owner's id, with what the reader may do. */
export function asSeenBy<Thing extends Owned>(
  reader: Principal,
  thing: Thing,
): Omit<Thing, 'owner'> & { is_own: boolean; may_edit: boolean } {
  const { owner, ...rest } = thing
  return { ...rest, is_own: owner === ownerOf(reader), may_edit: mayEdit(reader, thing) }
}

/** A query string with its levels as the page knows them: `level=warn` is taken as everywhere else. */
export function withKnownLevels(query: string): string {
  return query.replace(
    /(?<=^|[?&])((?:min_|exclude_)?level)=([^&]*)/g,
    (_, name: string, value: string) => `${name}=${readLevel(value) ?? value}`,
  )
}

/** @throws {AppError} INVALID_REQUEST where it is blank */
export function nameOf(name: string, parameter = 'name'): string {
  const trimmed = repairText(name).trim()
  if (trimmed !== '') return trimmed
  throw new AppError('INVALID_REQUEST', `${parameter} must not be empty.`)
}
