import type { ParseRule } from 'timelapser-logs/api'
import type { ParseAction } from './rule-draft.ts'

export const FORM_NAMES = {
  json: 'JSON',
  logfmt: 'logfmt',
  key_value: 'pairs of key and value',
  regex: 'a regular expression',
  grok: 'a grok pattern',
} as const

/** A rule in one line. */
export function describeRule({ parse, contains, actions = [] }: ParseRule): string {
  const parts = [
    ...(contains === undefined ? [] : [`lines with “${contains}”`]),
    ...(parse === undefined
      ? []
      : [`reads ${FORM_NAMES[parse.as]}${parse.field === undefined ? '' : ` in ${parse.field}`}`]),
    ...actions.map(describeAction),
  ]
  const text = parts.join(', ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

function describeAction(action: ParseAction): string {
  const { field, to, value, when } = action
  return `${WHAT[action.do]({ field: field ?? '', to: to ?? '', value })}${when ? ' for some' : ''}`
}

type Parts = { field: string; to: string; value: string | undefined }

const WHAT: Readonly<Record<ParseAction['do'], (parts: Parts) => string>> = {
  rename: ({ field, to }) => `renames ${field} to ${to}`,
  remove: ({ field }) => `removes ${field}`,
  level: ({ field, value }) => (value === undefined ? `level from ${field}` : `level ${value.toUpperCase()}`),
  time: ({ field }) => `time from ${field}`,
  camera: ({ field, value }) => (value === undefined ? `camera from ${field}` : `camera ${value}`),
  mask: ({ field }) => `masks ${field}`,
  drop: () => 'drops lines',
}
