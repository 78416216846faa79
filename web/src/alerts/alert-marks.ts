import type { AlertTransition } from 'timelapser-logs/api'

/** Alerts of a stretch of a time axis that is too short to draw them apart. */
export type AlertMark = {
  at: number
  /** Whether one of them began to fire; otherwise all of them ended. */
  isFiring: boolean
  /** Oldest first. */
  transitions: AlertTransition[]
}

/** Kinds of transitions that begin and end incidents. */
const SHOWN = ['firing', 'resolved', 'expired', 'edited', 'disabled']

/**
 * Where incidents began and ended on a time axis, oldest first.
 *
 * @param transitions newest first
 * @param slots marks that have room beside each other
 */
export function alertMarks(
  transitions: readonly AlertTransition[],
  { from, to, slots }: { from: number; to: number; slots: number },
): AlertMark[] {
  const bySlot = new Map<number, AlertTransition[]>()
  for (const transition of transitions.toReversed()) {
    const at = Date.parse(transition.at)
    // A further threshold is crossed within an incident.
    if (at < from || at > to || transition.tier > 0 || !SHOWN.includes(transition.kind)) continue
    const slot = Math.min(slots - 1, Math.floor((slots * (at - from)) / (to - from)))
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), transition])
  }
  return [...bySlot.values()].map((of) => {
    const firing = of.find(({ kind }) => kind === 'firing')
    return { at: Date.parse((firing ?? of[0])?.at ?? ''), isFiring: firing !== undefined, transitions: of }
  })
}
