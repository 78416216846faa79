// Kinds of message: what lines of a level have in common.
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LogFilter } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { scanMessages } from '../../store/reading/message-scan.ts'
import { messageShape } from '../insights/message-shape.ts'

/** Kinds that a rule knows; with more, its lines are texts that no shape is found in. */
export const MAX_KINDS = 20_000

/** Characters of the key of a group, as everywhere. */
const MAX_KEY = 200
const DIGEST = 12

/** How long a new rule looks into the past for the kinds that there were, and how far. */
const LEARN_MS = 8000
export const LEARNED_DAYS = 7

/** The kind of a line: its level and the shape of its message. Longer shapes are told apart by a digest. */
export function kindOf(level: string, message: string): string {
  const kind = `${level} ${messageShape(message)}`
  if (kind.length <= MAX_KEY) return kind
  const digest = createHash('sha256').update(kind).digest('hex').slice(0, DIGEST)
  // Half of a sign is another key once it was stored.
  return `${kind.slice(0, MAX_KEY - DIGEST - 2).toWellFormed()}… ${digest}`
}

/** The kinds of the last days, each with the time of its first line, as far back as there is time for. */
export async function pastKinds(
  logs: Pick<LogOperations, 'scan'>,
  filter: LogFilter & { start: string; end: string },
  signal?: AbortSignal,
): Promise<{ kinds: Map<string, string>; searched_from: string }> {
  const kinds = new Map<string, string>()
  const deadline = performance.now() + LEARN_MS
  let searched_from = filter.end
  for await (const { messages, searched_to } of logs.scan(scanMessages, filter, signal)) {
    for (const { level, message, timestamp } of messages) {
      const kind = kindOf(level, message)
      if (kinds.has(kind) || kinds.size < MAX_KINDS) kinds.set(kind, timestamp)
    }
    searched_from = searched_to
    if (performance.now() > deadline) return { kinds, searched_from }
    await nextTurn()
  }
  return { kinds, searched_from: filter.start }
}
