// A parse rule while it is edited: every part a text, as fields hold them.
import type { ParseRule } from 'timelapser-logs/api'

type ParseForm = NonNullable<ParseRule['parse']>['as']
export type ParseAction = NonNullable<ParseRule['actions']>[number]

export const CONDITIONS = {
  equals: 'is',
  equals_not: 'is not',
  matches: 'matches',
  matches_not: 'does not match',
} as const
type Condition = keyof typeof CONDITIONS

export type ActionDraft = {
  /** Identifies the action while actions are moved. */
  key: number
  do: ParseAction['do']
  field: string
  to: string
  value: string
  /** A line each: `500 = ERROR`. */
  values: string
  format: string
  zone: string
  pattern: string
  /** Whether it is for some lines alone. */
  hasCondition: boolean
  whenField: string
  whenHow: Condition
  whenText: string
}

export type RuleDraft = {
  name: string
  sources: string
  contains: string
  enabled: boolean
  as: ParseForm | 'none'
  field: string
  pattern: string
  pairSeparator: string
  valueSeparator: string
  prefix: string
  actions: readonly ActionDraft[]
}

let keys = 0

export function newAction(name: ActionDraft['do'] = 'level'): ActionDraft {
  keys += 1
  return {
    ...{ key: keys, do: name, field: '', to: '', value: '', values: '', format: '', zone: '', pattern: '' },
    ...{ hasCondition: false, whenField: '', whenHow: 'equals', whenText: '' },
  }
}

export const NEW_RULE: RuleDraft = {
  ...{ name: '', sources: '', contains: '', enabled: true, as: 'json', field: '', pattern: '' },
  ...{ pairSeparator: '', valueSeparator: '', prefix: '', actions: [] },
}

export function toDraft({
  name,
  sources,
  contains = '',
  enabled = true,
  parse,
  actions = [],
}: ParseRule): RuleDraft {
  return {
    ...{ name, sources: sources.join(', '), contains, enabled, as: parse?.as ?? 'none' },
    ...{ field: parse?.field ?? '', pattern: parse?.pattern ?? '', prefix: parse?.prefix ?? '' },
    ...{ pairSeparator: parse?.pair_separator ?? '', valueSeparator: parse?.value_separator ?? '' },
    actions: actions.map(toActionDraft),
  }
}

function toActionDraft({ values = {}, when, ...action }: ParseAction): ActionDraft {
  const how = when?.matches === undefined ? 'equals' : 'matches'
  return {
    ...newAction(),
    ...action,
    values: Object.entries(values)
      .map(([value, meaning]) => `${value} = ${meaning}`)
      .join('\n'),
    ...(when && {
      hasCondition: true,
      whenField: when.field,
      whenHow: when.not ? (`${how}_not` as const) : how,
      whenText: when.matches ?? (when.equals ?? []).join(', '),
    }),
  }
}

/** The rule as the API takes it: parts that its form and actions do not have are left out. */
export function toRule(draft: RuleDraft): ParseRule {
  const { as, field, pattern, prefix, pairSeparator, valueSeparator, contains, enabled } = draft
  const isPatterned = as === 'regex' || as === 'grok'
  return {
    name: draft.name.trim(),
    sources: listOf(draft.sources),
    ...(!enabled && { enabled }),
    ...(contains !== '' && { contains }),
    ...(as !== 'none' && {
      parse: {
        as,
        ...(field.trim() !== '' && { field: field.trim() }),
        ...(isPatterned && { pattern }),
        ...(as === 'key_value' && pairSeparator !== '' && { pair_separator: pairSeparator }),
        ...(as === 'key_value' && valueSeparator !== '' && { value_separator: valueSeparator }),
        ...(prefix.trim() !== '' && { prefix: prefix.trim() }),
      },
    }),
    ...(draft.actions.length > 0 && { actions: draft.actions.map(toAction) }),
  }
}

/** Which fields an action has. */
export const PARTS: Readonly<Record<ActionDraft['do'], readonly (keyof ActionDraft)[]>> = {
  rename: ['field', 'to'],
  remove: ['field'],
  level: ['field', 'value', 'values'],
  time: ['field', 'format', 'zone'],
  camera: ['field', 'value', 'values'],
  mask: ['field', 'pattern'],
  drop: [],
}

function toAction(draft: ActionDraft): ParseAction {
  const has = (part: keyof ActionDraft) => PARTS[draft.do].includes(part)
  const text = (part: 'field' | 'to' | 'value' | 'format' | 'zone' | 'pattern') =>
    has(part) && draft[part].trim() !== '' ? { [part]: draft[part].trim() } : {}
  const values = has('values') ? valuesOf(draft.values) : {}
  return {
    do: draft.do,
    ...text('field'),
    ...text('to'),
    ...text('value'),
    ...(Object.keys(values).length > 0 && { values }),
    ...text('format'),
    ...text('zone'),
    ...text('pattern'),
    ...(draft.hasCondition && { when: conditionOf(draft) }),
  }
}

function conditionOf({ whenField, whenHow, whenText }: ActionDraft): NonNullable<ParseAction['when']> {
  const isPattern = whenHow.startsWith('matches')
  return {
    field: whenField.trim(),
    ...(isPattern ? { matches: whenText } : { equals: listOf(whenText) }),
    ...(whenHow.endsWith('_not') && { not: true }),
  }
}

function valuesOf(text: string): Record<string, string> {
  const pairs = text.split('\n').flatMap((line) => {
    const at = line.lastIndexOf('=')
    return at === -1 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const]
  })
  return Object.fromEntries(pairs.filter(([value, meaning]) => value !== '' && meaning !== ''))
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** Whether the form shows all of the rule; one with a comma in a value, for example, is edited as JSON. */
export function fitsForm(rule: ParseRule): boolean {
  return sorted(toRule(toDraft(rule))) === sorted(rule)
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
