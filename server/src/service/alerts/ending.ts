// Ends incidents when their rule changes.
import type pg from 'pg'
import { addDeliveries } from '../../store/alerts/alert-deliveries.ts'
import { present } from '../../store/alerts/alert-position.ts'
import type { StoredRule } from '../../store/alerts/alert-rules.ts'
import { firingStates } from '../../store/alerts/alert-states.ts'
import { addTransitions } from '../../store/alerts/alert-transitions.ts'
import { toMillis } from '../../store/database/timestamp.ts'
import type { AlertDefinition } from './alert-rule.ts'
import { channelsByName } from './channels-by-name.ts'
import { deliveriesOf, type Telling } from './telling.ts'
import { definitionAt } from './thresholds.ts'

/** Ends the incidents of a rule; people notified of an incident are notified that it ended with the rule. */
export async function endIncidents(
  client: pg.PoolClient,
  rule: StoredRule,
  kind: 'edited' | 'disabled',
): Promise<void> {
  const states = await firingStates(client, rule.id)
  if (states.length === 0) return
  const at = await present(client)
  const ids = await addTransitions(
    client,
    states.map(({ group_key, tier, incident, value, first_at, last_at }) => ({
      ...{ rule_id: rule.id, revision: rule.revision, group_key, tier, kind, at, value, first_at, last_at },
      ...{
        window_key: incident ?? toMillis(at),
        incident: incident ?? 0,
        threshold: null,
        late_ms: 0,
        held: null,
      },
    })),
  )
  const tellings = states.flatMap(({ group_key, tier, told_incident }, index): Telling[] => {
    const transition = ids[index]
    if (told_incident === null || transition === undefined) return []
    const { id: rule_id, revision } = rule
    return [{ rule_id, revision, group_key, tier, kind: 'resolved', transition, incident: told_incident }]
  })
  const byName = await channelsByName(client)
  for (const [tier, of] of Map.groupBy(tellings, (telling) => telling.tier)) {
    const { channels = [] } = definitionAt(rule.rule as AlertDefinition, tier)
    const channelIds = channels.flatMap((name) => byName.get(name) ?? [])
    await addDeliveries(client, deliveriesOf(of, channelIds))
  }
}
