// Which rules a reader may see and change: their own; administrators, all.
import type pg from 'pg'
import * as store from '../../store/alerts/alert-rules.ts'
import type { Principal } from '../access/access.ts'
import { AppError } from '../app-error.ts'
import type { AlertDefinition } from './alert-rule.ts'
import { describeCondition } from './delivery/describe.ts'
import { ownerOf } from './owner-sight.ts'

export function visibleRules(pool: pg.Pool, reader: Principal): Promise<store.StoredRule[]> {
  return store.listRules(pool, reader.role === 'admin' ? null : ownerOf(reader))
}

/** @throws {AppError} NOT_FOUND, also for a rule of somebody else */
export async function lockVisible(
  client: pg.PoolClient,
  id: number,
  author: Principal,
): Promise<store.StoredRule> {
  const rule = await store.lockRule(client, id)
  if (rule && (author.role === 'admin' || rule.owner === ownerOf(author))) return rule
  throw missing(id)
}

/** A rule as one reader sees it. */
export function asSeenBy(reader: Principal, stored: store.StoredRule) {
  const { owner, rule, begins_after: _, ...rest } = stored
  const definition = rule as AlertDefinition
  return {
    ...rest,
    ...definition,
    condition_text: describeCondition(definition),
    is_own: owner === ownerOf(reader),
  }
}

export function missing(id: number): AppError {
  return new AppError('NOT_FOUND', `There is no alert rule ${id}.`)
}
