// The notes of the fields on the Settings screen, against the schema that the server uses.
import { LEVELS } from '@timelapser/logger'
import { expect, it } from 'vitest'
import {
  SETTING_NAMES,
  SETTING_PROPERTIES,
  type SettingProperty,
} from '../server/src/store/settings/settings-schema.ts'
import { SETTING_NOTES } from '../web/src/settings/setting-notes.ts'

const number = (value: number) => value.toLocaleString('en')

/** Words a note must have for what the schema says. */
function wordsOf(property: SettingProperty): string[] {
  const { type, unit, minimum = 0, maximum = Number.MAX_SAFE_INTEGER, maxItems, maxProperties } = property
  const words: string[] = []
  const value = property.additionalProperties || Object.values(property.properties ?? {})[0]
  if (value) words.push(...wordsOf({ ...value, default: undefined }))
  if (unit !== undefined) words.push(unit)
  if (type === 'integer' && maximum < Number.MAX_SAFE_INTEGER) {
    words.push(`${number(minimum)} to ${number(maximum)}`)
  }
  for (const most of [maxItems, maxProperties]) if (most !== undefined) words.push(`At most ${most}`)
  if (property.default !== undefined) words.push(`${defaultOf(property)} by default`)
  return words
}

function defaultOf({ type, unit, default: value }: SettingProperty): string {
  if (type === 'boolean') return value ? 'added' : 'left'
  if (type === 'array' || type === 'object') return 'none'
  if (typeof value !== 'number')
    return value === 'changes' ? 'Changes, failures and slow requests' : String(value)
  const mebibytes = value / 1024 ** 2
  return unit === 'bytes' && mebibytes >= 1 ? `${mebibytes} MiB` : number(value)
}

it.each(SETTING_NAMES)('the field of %s says its unit, its bounds and its default', (name) => {
  const note = SETTING_NOTES[name].toLowerCase()
  for (const word of wordsOf(SETTING_PROPERTIES[name])) expect(note).toContain(word.toLowerCase())
})

it('the levels are those that the note names', () => {
  expect([LEVELS.length, LEVELS[0], LEVELS.at(-1)]).toEqual([5, 'DEBUG', 'CRITICAL'])
})
