import type { AlertTransition } from 'timelapser-logs/api'

/** A stretch of time in which a group fired. */
export type Incident = { rule_id: number; label: string; from: number; to: number | null }

/**
 * The incidents of transitions, which come newest first. An incident whose beginning is not among them began before.
 */
export function incidentsOf(transitions: readonly AlertTransition[]): Incident[] {
  const open = new Map<string, Incident>()
  const incidents: Incident[] = []
  for (const { rule_id, group_key, label, kind, at, tier } of transitions.toReversed()) {
    // A further threshold is crossed within an incident.
    if (tier > 0) continue
    const key = `${rule_id} ${group_key}`
    if (kind === 'firing') {
      const incident = { rule_id, label, from: Date.parse(at), to: null }
      open.set(key, incident)
      incidents.push(incident)
      continue
    }
    if (kind === 'problem' || kind === 'recovered') continue
    const incident = open.get(key)
    if (incident) incident.to = Date.parse(at)
    else incidents.push({ rule_id, label, from: Number.NEGATIVE_INFINITY, to: Date.parse(at) })
    open.delete(key)
  }
  return incidents
}
