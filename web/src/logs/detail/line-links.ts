import type { LogRow } from 'timelapser-logs/api'

export type LineLink = { name: string; url: string }

/** The links of a line by the templates of the settings, by name, without those for which the line has no value. */
export function lineLinks(log: LogRow, templates: Readonly<Record<string, string>>): LineLink[] {
  // The database keeps the settings' own names in an order of its own.
  const named = Object.entries(templates).toSorted(([a], [b]) => a.localeCompare(b))
  return named.flatMap(([name, template]) => {
    const url = filled(template, log)
    return url === null ? [] : [{ name, url }]
  })
}

/** The address with each value encoded; null when one is missing, or the address leads elsewhere than its template. */
function filled(template: string, log: LogRow): string | null {
  let isWhole = true
  const text = template.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = partOf(log, name)
    // Browsers take these for the folder itself and the one above it, also encoded.
    if (value === null || value === '.' || value === '..') isWhole = false
    return encodeURIComponent((value ?? '').toWellFormed())
  })
  const url = isWhole ? URL.parse(text) : null
  // The server checks templates; a page must not follow one that an older or another server stored.
  return url !== null && /^https?:$/.test(url.protocol) ? text : null
}

const COLUMNS = [
  'id',
  'timestamp',
  'level',
  'source',
  'logger_name',
  'camera_id',
  'camera_name',
  'message',
] as const

function partOf(log: LogRow, name: string): string | null {
  const column = COLUMNS.find((one) => one === name)
  if (column) return log[column] === null ? null : String(log[column])
  let value: unknown = log.extra_data
  for (const key of name.replace(/^extra_data\./, '').split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null
    value = (value as Record<string, unknown>)[key]
  }
  return ['string', 'number', 'boolean'].includes(typeof value) && value !== '' ? String(value) : null
}
