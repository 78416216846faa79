import type { AlertRuleInput } from 'timelapser-logs/api'
import { expect, it } from 'vitest'
import { NEW_RULE, toDraft, toInput } from './rule-draft.ts'

it.each<AlertRuleInput>([
  { name: 'Any', query: 'min_level=ERROR', condition: { kind: 'any', minutes: 5 }, severity: 'info' },
  {
    ...{ name: 'Rate', query: 'source=api&exclude_level=DEBUG&q=rtsp+-back', severity: 'critical' },
    ...{
      condition: { kind: 'count', over: 0, minutes: 5 },
      group_by: 'source',
      channels: ['ops'],
      note: 'Call.',
    },
  },
  {
    name: 'Few',
    query: '',
    condition: { kind: 'count', under: 3, minutes: 60 },
    severity: 'warning',
    enabled: false,
  },
  {
    ...{
      name: 'Night',
      query: 'camera_id=3',
      condition: { kind: 'silence', minutes: 15 },
      group_by: 'camera',
    },
    active_hours: { timezone: 'Europe/Berlin', from: '06:00', to: '21:00', days: ['mon', 'sat'] },
    ...{ severity: 'warning', include_own: true, raise_level: { level: 'DEBUG', minutes: 15 } },
    quiet_hours: { timezone: 'UTC', from: '22:00', to: '06:00' },
  },
])('brings a rule through the form as it was: $name', (rule) => {
  expect(toInput(toDraft(rule))).toEqual({ rule })
})

it.each([
  [{ name: ' ' }, 'name'],
  [{ minutes: '' }, 'Minutes'],
  [{ minutes: '1441' }, 'Minutes'],
  [{ threshold: '-1' }, 'number of lines'],
  [{ threshold: '1.5' }, 'number of lines'],
  [{ hours: { timezone: 'UTC', from: '06:00', to: '07:00', days: [] } }, 'day'],
])('says what is missing: %j', (change, said) => {
  expect(toInput({ ...NEW_RULE, name: 'x', ...change })).toEqual({ missing: expect.stringContaining(said) })
})
