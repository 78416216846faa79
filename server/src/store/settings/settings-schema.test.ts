// docs/configuration.md: the table of settings. Written anew by
// WRITE_DOCS=1 node scripts/run.mjs vitest run server/src/store/settings/settings-schema.test.ts
import { it } from 'vitest'
import { expectWritten, markdownTable } from '../../../../test/repository/written-section.ts'
import { SETTING_NAMES, SETTING_PROPERTIES, type SettingProperty } from './settings-schema.ts'

it('is what docs/configuration.md says', () => {
  const table = markdownTable([
    ['setting', 'default', 'values', 'description'],
    ...SETTING_NAMES.map((name) => [name, SETTING_PROPERTIES[name]] as const).map(([name, property]) => [
      `\`${name}\``,
      `\`${JSON.stringify(property.default).replaceAll('"', '')}\``,
      range(property),
      property.description,
    ]),
  ])
  expectWritten('docs/configuration.md', 'settings', table)
})

function range(property: SettingProperty): string {
  if (property.enum) return property.enum.join(', ')
  if (property.type === 'integer')
    return `${property.minimum} to ${property.maximum?.toLocaleString('en-US')} ${property.unit}`
  if (property.type === 'array') return 'a list'
  if (property.type === 'object') {
    const { additionalProperties: value } = property
    const kinds: Record<string, string> = { boolean: 'true or false', string: 'text' }
    return `names and ${(value && kinds[value.type]) || 'days'}`
  }
  return property.type === 'boolean' ? 'true, false' : 'text'
}
