import type { LogRow } from 'timelapser-logs/api'

export const COPY_FORMATS = { text: 'text', json: 'JSON', markdown: 'Markdown' } as const
export type CopyFormat = keyof typeof COPY_FORMATS

/** Lines as they are pasted elsewhere, oldest first, as a log file has them. */
export function rowsAs(format: CopyFormat, rows: readonly LogRow[]): string {
  const ordered = rows.toSorted((a, b) =>
    a.timestamp === b.timestamp ? a.id - b.id : a.timestamp < b.timestamp ? -1 : 1,
  )
  if (format === 'json') return ordered.map((row) => JSON.stringify(row)).join('\n')
  if (format === 'text') return ordered.map(asText).join('\n')
  const cells = ordered.map((row) =>
    [row.timestamp, row.level, row.camera_name ?? row.source, row.message].map(asCell).join(' | '),
  )
  return [
    '| time | level | origin | message |',
    '| --- | --- | --- | --- |',
    ...cells.map((line) => `| ${line} |`),
  ].join('\n')
}

function asText({ timestamp, level, source, logger_name, message }: LogRow): string {
  return [timestamp, level.padEnd(8), source, logger_name, message].filter(Boolean).join(' ')
}

/** A cell ends at a bar and at the end of its line, and what looks like markup would be taken for it. */
function asCell(text: string): string {
  return text.replace(/[\\|`*_<>[\]]/g, '\\$&').replace(/\r?\n/g, ' ⏎ ')
}
