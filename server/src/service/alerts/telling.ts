// Decides which channels are notified of a transition, and which notices are held back for now.
import { createHash } from 'node:crypto'
import type { NewDelivery } from '../../store/alerts/alert-deliveries.ts'
import type { StoredSilence } from '../../store/alerts/alert-silences.ts'
import { toMillis } from '../../store/database/timestamp.ts'
import type { Told } from './stored-group.ts'

/** With more groups of a rule to notify of at once, a single notice covers all. */
const MAX_NOTICES = 100

/** A notice that is due to the channels of a rule. */
export type Telling = {
  rule_id: number
  revision: number
  group_key: string
  tier: number
  kind: 'firing' | 'resolved'
  transition: number
  incident: number
}

/** Why no notice of a group, or with null of the rule itself, may be sent at an instant; undefined when one may be sent. */
export function heldBy(
  silences: readonly StoredSilence[],
  { rule_id, group_key }: { rule_id: number; group_key: string | null },
  at: number,
): string | undefined {
  const silence = silences.find(
    (one) =>
      (one.rule_id === null || one.rule_id === rule_id) &&
      (one.group_key === null || one.group_key === group_key) &&
      toMillis(one.starts_at) <= at &&
      at < toMillis(one.ends_at),
  )
  return silence && `silence ${silence.id} by ${silence.author}: ${silence.reason}`
}

/**
 * Brings notifications in line with the state. A recovery is sent only to people who were notified of the incident,
 * also when a silence held it back for a while; an incident that began and ended within a silence is not sent.
 *
 * @param isFiring whether the group is firing now
 * @param held why no notice may be sent now
 * @returns the notice to send now, and why there is none when one was to be expected
 */
export function reconcile(
  told: Told,
  { isFiring, incident }: { isFiring: boolean; incident: number | null },
  held: string | undefined,
): { tell: 'firing' | 'resolved' | undefined; incident: number | null; held: string | undefined } {
  if (isFiring === (told.told_incident !== null)) {
    const wasOwed = told.is_owed
    told.is_owed = false
    const reason =
      isFiring || wasOwed ? 'it was over, or fired again, before a notice could be sent' : undefined
    return { tell: undefined, incident, held: reason }
  }
  if (held !== undefined) {
    told.is_owed = true
    return { tell: undefined, incident, held }
  }
  told.is_owed = false
  if (isFiring) {
    told.told_incident = incident
    return { tell: 'firing', incident, held: undefined }
  }
  const ended = told.told_incident
  told.told_incident = null
  return { tell: 'resolved', incident: ended, held: undefined }
}

/** The same for all notices of an incident, so that receivers put them together. */
function dedupKey({ rule_id, revision, group_key, tier, incident }: Telling): string {
  const group = createHash('sha256').update(group_key).digest('hex').slice(0, 12)
  const at = tier === 0 ? '' : `-threshold-${tier}`
  return `timelapser-alert-${rule_id}-${revision}-${group}-${incident}${at}`
}

/** The deliveries of some notices of one rule, at one threshold, to its channels. */
export function deliveriesOf(tellings: readonly Telling[], channels: readonly number[]): NewDelivery[] {
  const deliveries: NewDelivery[] = []
  for (const [kind, alike] of Map.groupBy(tellings, (telling) => telling.kind)) {
    const [first] = alike
    if (!first) continue
    const { rule_id } = first
    const notices =
      alike.length > MAX_NOTICES
        ? [{ transitions: alike.map(({ transition }) => transition), dedup_key: dedupKey(first) }]
        : alike.map((telling) => ({ transitions: [telling.transition], dedup_key: dedupKey(telling) }))
    for (const channel_id of channels) {
      for (const notice of notices) deliveries.push({ channel_id, rule_id, kind, ...notice })
    }
  }
  return deliveries
}
