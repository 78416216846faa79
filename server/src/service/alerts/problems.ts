// Rules that cannot be evaluated, and the notices of that. A silence or quiet hours hold these back as any notice.
import type pg from 'pg'
import { addDeliveries } from '../../store/alerts/alert-deliveries.ts'
import { oweProblem, setProblem, settleProblem } from '../../store/alerts/alert-rules.ts'
import { listSilences } from '../../store/alerts/alert-silences.ts'
import { addTransitions } from '../../store/alerts/alert-transitions.ts'
import { fromMillis } from '../../store/database/timestamp.ts'
import { activeHours } from './active-hours.ts'
import type { AlertDefinition } from './alert-rule.ts'
import { channelsByName } from './channels-by-name.ts'
import { heldBy } from './telling.ts'

/** A rule as far as its problem goes. */
export type TroubledRule = {
  id: number
  revision: number
  definition: AlertDefinition
  hadProblem: boolean
  /** The transition whose notice is held back. */
  owed: number | null
}

/** Notes that a rule cannot be evaluated, or can again; returns how many notices were written. */
export async function noteProblem(
  client: pg.PoolClient,
  rule: TroubledRule,
  problem: string | null,
  at: number,
): Promise<number> {
  rule.hadProblem = problem !== null
  const before = await setProblem(client, rule.id, problem, fromMillis(at))
  if (!before) return 0
  const [id] = await addTransitions(client, [
    {
      ...{ rule_id: rule.id, revision: rule.revision, group_key: '', tier: 0, kind: kindOf(rule) },
      ...{ window_key: at, incident: at },
      ...{ at: fromMillis(at), value: null, threshold: null, first_at: null, last_at: null, late_ms: 0 },
      held: problem,
    },
  ])
  if (id === undefined) return 0
  // Nobody was told of the change before this one, so they know the present state.
  rule.owed = before.problem_owed === null ? id : null
  await oweProblem(client, rule.id, rule.owed)
  return tellProblems(client, [rule], at)
}

/** Writes the notices that were held back and need not be any more; returns how many. */
export async function tellProblems(
  client: pg.PoolClient,
  rules: Iterable<TroubledRule>,
  at: number,
): Promise<number> {
  const owing = [...rules].filter(({ owed }) => owed !== null)
  if (owing.length === 0) return 0
  const silences = await listSilences(client)
  const channelIds = await channelsByName(client)
  let told = 0
  for (const rule of owing) {
    const { quiet_hours, channels = [] } = rule.definition
    const isQuiet = quiet_hours !== undefined && activeHours(quiet_hours).isActive(at)
    if (isQuiet || heldBy(silences, { rule_id: rule.id, group_key: null }, at) !== undefined) continue
    const owed = rule.owed ?? 0
    rule.owed = null
    // Another server may have told it since the rules were read.
    if (!(await settleProblem(client, rule.id, owed))) continue
    const notice = {
      ...{ rule_id: rule.id, kind: kindOf(rule), transitions: [owed] },
      dedup_key: `timelapser-alert-${rule.id}-${rule.revision}-problem`,
    }
    const deliveries = channels.flatMap((name) => {
      const channel_id = channelIds.get(name)
      return channel_id === undefined ? [] : [{ channel_id, ...notice }]
    })
    await addDeliveries(client, deliveries)
    told += deliveries.length
  }
  return told
}

function kindOf({ hadProblem }: TroubledRule): 'problem' | 'recovered' {
  return hadProblem ? 'problem' : 'recovered'
}
