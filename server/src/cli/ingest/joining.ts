import type { LineOptions } from '../../ingest/line-records.ts'
import type { Settings } from '../../store/settings/settings-schema.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'

/** A stream is read without the setting rather than late. */
const SETTINGS_MS = 5000

/** The server's setting of sources; nothing for a key that may not read it, or without a server. */
export async function joiningOf(client: ApiClient | undefined): Promise<Settings['join_by_source']> {
  if (client === undefined) return {}
  try {
    const { settings } = await client.request<{ settings: Settings }>('GET', '/api/settings', {
      timeoutMs: SETTINGS_MS,
    })
    return settings.join_by_source ?? {}
  } catch (error) {
    if (error instanceof ApiFailure) return {}
    throw error
  }
}

/**
 * Joins lines of files and pipes that belong together, unless the command or the setting of their source says
 * otherwise.
 */
export function isJoined(
  { join = true, source = '' }: LineOptions,
  joining: Settings['join_by_source'],
): boolean {
  return join && (Object.hasOwn(joining, source) ? joining[source] : true) !== false
}
