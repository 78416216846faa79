import type pg from 'pg'
import type { Settings } from '../../store/settings/settings-schema.ts'
import { countNames, limitsOf } from '../../store/writing/registers.ts'
import { type Check, checkOf, count, type Trouble } from './check.ts'

/** Whether there is room for more sources, loggers and cameras. */
export async function checkNames(pool: pg.Pool, settings: Settings): Promise<Check> {
  const kinds = await countNames(pool)
  const limits = limitsOf(settings)
  const troubles = kinds.flatMap(({ kind, names, most, most_by }): Trouble[] => {
    const { inAll, byCaller } = limits[kind]
    if (names < inAll && most < byCaller) return []
    const limit = names >= inAll ? inAll : byCaller
    const who = names >= inAll ? '' : ` of ${most_by}`
    return [
      {
        verdict: 'warning',
        cause: `The limit of ${count(limit, kind)}${who} is reached; lines with further ${kind}s are stored under "other".`,
        advice: `Find the sender that keeps sending new names, or raise max_${kind}s: timelapser-logs settings set max_${kind}s.`,
      },
    ]
  })
  const told = kinds.map(({ kind, names }) => count(names, kind))
  const details = Object.fromEntries(kinds.map(({ kind, ...of }) => [kind, of]))
  return checkOf('names', told.length > 0 ? told.join(', ') : 'None yet', details, troubles)
}
