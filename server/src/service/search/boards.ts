import { repairText } from '@timelapser/logger'
import type pg from 'pg'
import { errorCode } from '../../startup-error.ts'
import * as store from '../../store/accounts/boards.ts'
import type { Principal } from '../access/access.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import { asSeenBy, mayEdit, nameOf, ownerOf, withKnownLevels } from './ownership.ts'

type Seen = { is_own: boolean; may_edit: boolean }
/** A board as one reader sees it. */
export type Board = Omit<store.StoredBoard, 'owner'> & Seen
export type ListedBoard = Omit<store.ListedBoard, 'owner'> & Seen

export type ChartInput = {
  title: string
  query: string
  width?: store.ChartWidth | undefined
  own_range?: boolean | undefined
}
export type BoardInput = {
  name: string
  shared?: boolean | undefined
  range?: string | undefined
  refresh_seconds?: number | undefined
  charts?: readonly ChartInput[] | undefined
}
export type BoardChange = Partial<BoardInput> & { version?: number | undefined }

/** All of them are listed at once. */
const MAX_OWN = 100
const MAX_SHARED = 500

/** A board that is drawn anew more often would keep the server busy for a window left open. */
const MIN_REFRESH_SECONDS = 10

/** Each chart is a question to the database whenever the board is drawn. */
export const MAX_CHARTS = 24

/**
 * Charts pinned together, of a user or shared. A board holds no figures: everybody who opens it asks for them, and sees
 * what they may see.
 */
export class Boards {
  readonly #pool: pg.Pool
  readonly #auditTrail: AuditTrail

  constructor(pool: pg.Pool, auditTrail: AuditTrail) {
    this.#pool = pool
    this.#auditTrail = auditTrail
  }

  /** One's own and shared ones, by name. */
  async list(reader: Principal): Promise<ListedBoard[]> {
    const boards = await store.listBoards(this.#pool, ownerOf(reader))
    return boards.map((board) => asSeenBy(reader, board))
  }

  /** @throws {AppError} NOT_FOUND, also for an unshared one of somebody else */
  async get(id: number, reader: Principal): Promise<Board> {
    const board = await store.readBoard(this.#pool, id, ownerOf(reader))
    if (!board) throw notFound(id)
    return asSeenBy(reader, board)
  }

  /** @throws {AppError} CONFLICT when the name is taken or there are too many */
  async create(input: BoardInput, author: Principal): Promise<Board> {
    const fields = {
      name: nameOf(input.name),
      shared: input.shared ?? false,
      range: input.range ?? '',
      refresh_seconds: secondsOf(input.refresh_seconds ?? 0),
      charts: (input.charts ?? []).map(chartOf),
    }
    const board = await this.#auditTrail.change(async (client) => {
      await this.#makeRoom(client, author, fields.shared, true)
      const owner = { owner: ownerOf(author), owner_name: author.name }
      const result = await store.createBoard(client, { ...fields, ...owner })
      if (!result) throw taken(fields.name)
      return { result, entry: { action: 'board.create', entity: `board ${result.id}`, after: told(fields) } }
    })
    return asSeenBy(author, board)
  }

  /**
   * @throws {AppError} NOT_FOUND, FORBIDDEN for somebody else's shared board, CONFLICT when the name is taken, or when the
   * board is not as it was at `version`
   */
  async change(id: number, change: BoardChange, author: Principal): Promise<Board> {
    return this.#change(id, author, (before) => {
      if (change.version !== undefined && change.version !== before.version) {
        throw new AppError('CONFLICT', `The board ${id} has been changed meanwhile; reload it.`)
      }
      return {
        name: change.name === undefined ? before.name : nameOf(change.name),
        shared: change.shared ?? before.shared,
        range: change.range ?? before.range,
        refresh_seconds: secondsOf(change.refresh_seconds ?? before.refresh_seconds),
        charts: change.charts?.map(chartOf) ?? before.charts,
      }
    })
  }

  /**
   * Adds a chart as the last one.
   *
   * @throws {AppError} as `change`, and CONFLICT when the board is full
   */
  async pin(id: number, chart: ChartInput, author: Principal): Promise<Board> {
    const added = chartOf(chart)
    return this.#change(id, author, (before) => {
      if (before.charts.length >= MAX_CHARTS) {
        throw new AppError('CONFLICT', `The board ${id} has ${MAX_CHARTS} charts, the maximum.`)
      }
      return { ...before, charts: [...before.charts, added] }
    })
  }

  /** @throws {AppError} NOT_FOUND, FORBIDDEN for somebody else's shared board */
  async delete(id: number, author: Principal): Promise<Board> {
    const board = await this.#auditTrail.change(async (client) => {
      const result = await this.#lock(client, id, author)
      await store.deleteBoard(client, id)
      return { result, entry: { action: 'board.delete', entity: `board ${id}`, before: told(result) } }
    })
    return asSeenBy(author, board)
  }

  async #change(
    id: number,
    author: Principal,
    changed: (before: store.BoardFields & { version: number }) => store.BoardFields,
  ): Promise<Board> {
    const board = await this.#auditTrail.change(async (client) => {
      const before = await this.#lock(client, id, author)
      const after = changed(before)
      if (after.shared && !before.shared) await this.#makeRoom(client, author, true, false)
      const result = await store.saveBoard(client, { ...after, id }).catch((error: unknown) => {
        // Another one got the name between the look and the change.
        throw errorCode(error) === '23505' ? taken(after.name) : error
      })
      if (!result) throw taken(after.name)
      const entry = {
        action: 'board.update',
        entity: `board ${id}`,
        before: told(before),
        after: told(after),
      }
      return { result, entry }
    })
    return asSeenBy(author, board)
  }

  async #lock(client: pg.PoolClient, id: number, author: Principal): Promise<store.StoredBoard> {
    const board = await store.lockBoard(client, id)
    if (!board || (!board.shared && board.owner !== ownerOf(author))) throw notFound(id)
    if (mayEdit(author, board)) return board
    throw new AppError('FORBIDDEN', `The board ${id} belongs to ${board.owner_name}; create your own.`)
  }

  async #makeRoom(
    client: pg.PoolClient,
    author: Principal,
    isShared: boolean,
    isNew: boolean,
  ): Promise<void> {
    const { own, shared } = await store.countBoards(client, ownerOf(author))
    if (isNew && own >= MAX_OWN) {
      throw new AppError('CONFLICT', `You have ${own} boards, the maximum. Delete one first.`)
    }
    if (isShared && shared >= MAX_SHARED) {
      throw new AppError('CONFLICT', `${shared} boards are shared, the maximum. Delete one first.`)
    }
  }
}

function chartOf({ title, query, width = 'half', own_range = false }: ChartInput): store.PinnedChart {
  return { title: nameOf(title, 'title'), query: withKnownLevels(repairText(query)), width, own_range }
}

function secondsOf(seconds: number): number {
  if (seconds === 0 || seconds >= MIN_REFRESH_SECONDS) return seconds
  throw new AppError(
    'INVALID_REQUEST',
    `refresh_seconds must be 0 or at least ${MIN_REFRESH_SECONDS}; it is ${seconds}.`,
  )
}

/** A board as the audit trail has it: the charts by their titles, as their queries are long. */
function told({ name, shared, range, refresh_seconds, charts }: store.BoardFields): Record<string, unknown> {
  return { name, shared, range, refresh_seconds, charts: charts.map(({ title }) => title) }
}

function notFound(id: number): AppError {
  return new AppError('NOT_FOUND', `There is no board ${id}.`)
}

function taken(name: string): AppError {
  return new AppError('CONFLICT', `You already have a board named "${name}". Use another name.`)
}
