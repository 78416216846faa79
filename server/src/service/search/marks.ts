import { repairText } from '@timelapser/logger'
import type pg from 'pg'
import {
  createMark,
  deleteMark,
  displaceMark,
  listMarks,
  MAX_MARKS,
  MAX_MARKS_OF_KEYS,
  type Mark,
  type MarkKind,
} from '../../store/accounts/marks.ts'
import { now, parseIso } from '../../store/database/timestamp.ts'
import type { Principal } from '../access/access.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import { toFilter } from '../logs/log-query.ts'
import { ownerOf } from './ownership.ts'

export type MarkInput = { text: string; kind: MarkKind; at?: string | undefined }

/** Deploys and notes on the time axis. All who read logs see all of them. */
export class Marks {
  readonly #pool: pg.Pool
  readonly #auditTrail: AuditTrail

  constructor(pool: pg.Pool, auditTrail: AuditTrail) {
    this.#pool = pool
    this.#auditTrail = auditTrail
  }

  /** The newest of a range, newest first, and how many are in it. */
  async list(
    range: { start_date?: string; end_date?: string },
    limit: number,
  ): Promise<{ marks: Mark[]; total: number }> {
    const { start, end } = toFilter(range, { cameras: null })
    return listMarks(this.#pool, { ...(start && { start }), ...(end && { end }), limit })
  }

  /**
   * A key that sends lines keeps its newest marks.
   *
   * @throws {AppError} INVALID_REQUEST, INVALID_DATE, FORBIDDEN for keys of pages, CONFLICT when there are too many
   */
  async add(input: MarkInput, author: Principal): Promise<Mark> {
    // The secret of such a key stands in a page that anybody may read.
    if (author.origins) throw new AppError('FORBIDDEN', 'A key for pages may not add marks.')
    const text = repairText(input.text).trim()
    if (text === '') throw new AppError('INVALID_REQUEST', 'text must not be blank.')
    const at = input.at === undefined ? now() : parseIso(input.at)
    if (at === undefined) throw new AppError('INVALID_DATE', 'Invalid at format. Use ISO format.')
    const owner = ownerOf(author)
    const isOfKey = author.role !== 'admin'
    const most = isOfKey ? MAX_MARKS_OF_KEYS : MAX_MARKS
    return this.#auditTrail.change(async (client) => {
      const displaced = isOfKey ? await displaceMark(client, owner) : undefined
      const mark = { at, kind: input.kind, text, author: author.name, owner }
      const result = await createMark(client, mark, most)
      if (!result) {
        throw new AppError(
          'CONFLICT',
          `There are ${most.toLocaleString('en')} marks or more, the maximum. Delete some first.`,
        )
      }
      const before = displaced && { before: { displaced: fieldsOf(displaced) } }
      const entry = { action: 'mark.create', entity: `mark ${result.id}`, ...before, after: fieldsOf(result) }
      return { result, entry }
    })
  }

  /** @throws {AppError} NOT_FOUND */
  async delete(id: number): Promise<Mark> {
    return this.#auditTrail.change(async (client) => {
      const result = await deleteMark(client, id)
      if (!result) throw new AppError('NOT_FOUND', `There is no mark ${id}.`)
      return { result, entry: { action: 'mark.delete', entity: `mark ${id}`, before: fieldsOf(result) } }
    })
  }
}

function fieldsOf({ at, kind, text }: Mark): Pick<Mark, 'at' | 'kind' | 'text'> {
  return { at, kind, text }
}
