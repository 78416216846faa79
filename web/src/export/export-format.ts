/** The forms of a file, each with its name on the page. */
export const FORMATS = [
  ['csv', 'CSV'],
  ['ndjson', 'NDJSON'],
] as const
export type ExportFormat = (typeof FORMATS)[number][0]
