import { useSettings } from '../api/use-settings.ts'
import { createPreference, usePreference } from '../app/preference.ts'
import { isTimeZone, localZone } from './zone.ts'

export const zonePreference = createPreference('zone', ['configured', 'utc', 'local'] as const, 'configured')

/** The zone in which times are shown and typed: the configured zone unless this browser chose another. */
export function useDisplayZone(): string {
  const [choice] = usePreference(zonePreference)
  const settings = useSettings()
  if (choice === 'utc') return 'UTC'
  if (choice === 'local') return localZone
  const configured = settings.data?.timezone ?? 'UTC'
  return isTimeZone(configured) ? configured : 'UTC'
}
