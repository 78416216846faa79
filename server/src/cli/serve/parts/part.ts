import type { ByteBudget } from '../../../byte-budget.ts'
import type { Routes } from '../../../http/app.ts'
import type { Jobs } from '../../../jobs/schedule.ts'
import type { Role } from '../../../roles.ts'
import type { Channel } from '../../../store/database/notices.ts'

/** A capability of the system: its additions to each of the places where the parts meet. */
export type Part = {
  /** Answered over HTTP. */
  routes?: readonly Routes[]
  /** The role of servers that answer its routes; every server when unset. */
  role?: Role
  /** Run by the clock, or when asked for. */
  jobs?: Partial<Jobs>
  /** Done about a notice that some server sent, this one included. */
  notices?: Partial<Record<Channel, (payload: string) => void>>
  /** Bounds of its memory, shown in `/metrics`. */
  budgets?: readonly ByteBudget[]
}

/** A part with what it gives to those after it. */
export type GivingPart = Part & Record<string, unknown>
