import type { AuditPage } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'
import { printTable } from './print-table.ts'
import { jsonText } from './terminal.ts'

export type AuditListOptions = {
  actor?: string
  action?: string
  entity?: string
  requestId?: string
  since?: string
  until?: string
  limit: number
  json?: true
}

/** The newest entries that match, newest first. */
export async function listTrail(client: ApiClient, options: AuditListOptions): Promise<number> {
  const { actor, action, entity, requestId, since, until, limit, json } = options
  const given = { actor, action, entity, request_id: requestId, start_date: since, end_date: until }
  const parameters = new URLSearchParams({ limit: String(limit) })
  for (const [name, value] of Object.entries(given)) if (value !== undefined) parameters.set(name, value)
  const page = await client.request<AuditPage>('GET', `/api/audit?${parameters}`)
  if (json) {
    console.log(jsonText(page))
    return 0
  }
  printTable(
    ['ID', 'TIME', 'WHO', 'DID', 'ON', 'FROM', 'CHANGE'],
    page.entries.map(({ id, at, before, after, ...entry }) => [
      ...[String(id), at.slice(0, 19), entry.actor, entry.action, entry.entity, entry.address ?? ''],
      change(before, after),
    ]),
  )
  const { total_items } = page.pagination
  if (total_items > page.entries.length)
    console.log(`${page.entries.length} of ${total_items.toLocaleString('en-US')}; --limit shows more.`)
  return 0
}

function change(before: unknown, after: unknown): string {
  const text = (value: unknown) => (value === null || value === undefined ? '' : JSON.stringify(value))
  return [text(before), text(after)].filter(Boolean).join(' -> ')
}
