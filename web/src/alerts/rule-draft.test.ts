import type { AlertRuleInput } from 'timelapser-logs/api'
import { expect, it } from 'vitest'
import { NEW_CONDITION } from './condition-draft.ts'
import { OWN_RULES } from './own-rules.tsx'
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
      thresholds: [
        { at: 50, severity: 'warning', channels: [] },
        { at: 100, severity: 'critical', channels: ['pager'] },
      ],
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
  {
    ...{ name: 'Share', query: 'min_level=ERROR', severity: 'warning' },
    condition: {
      ...{ kind: 'share', of: 'source=api', under: 2.5, minutes: 10, at_least: 50 },
      for: { windows: 2, of: 3 },
    },
  },
  {
    ...{ name: 'Number', query: '', severity: 'warning' },
    condition: { kind: 'number', field: 'a.b', measure: 'p95', over: -0.5, minutes: 10 },
  },
  {
    ...{ name: 'Usual', query: '', severity: 'warning', group_by: 'camera' },
    condition: { kind: 'usual', times: 3, days: 5, timezone: 'Europe/Berlin', minutes: 60 },
  },
  {
    ...{ name: 'Field', query: '', severity: 'warning', group_by: 'extra_data.site.id' },
    condition: { kind: 'any', minutes: 5 },
  },
  {
    ...{ name: 'Cadence', query: '', severity: 'warning', group_by: 'camera' },
    condition: { kind: 'silence', minutes: 15, times: 5 },
  },
  { name: 'New', query: 'level=ERROR', condition: { kind: 'new', minutes: 60 }, severity: 'warning' },
  {
    ...{ name: 'Day', query: '', condition: { kind: 'silence', minutes: 15 }, group_by: 'camera' },
    active_hours: {
      ...{ timezone: 'Europe/Berlin', from: 'sunrise+30', to: 'sunset', latitude: 52.5, longitude: -13.4 },
      places: [{ group: '3', latitude: 1, longitude: 2 }],
    },
    severity: 'warning',
  },
])('brings a rule through the form as it was: $name', (rule) => {
  expect(toInput(toDraft(rule))).toEqual({ rule })
})

const HOURS = { timezone: 'UTC', from: '06:00', to: '07:00', days: ['mon'], latitude: '', longitude: '' }

it.each([
  [{ name: ' ' }, 'name'],
  [{ condition: { ...NEW_CONDITION, minutes: '' } }, 'Minutes'],
  [{ condition: { ...NEW_CONDITION, minutes: '1441' } }, 'Minutes'],
  [{ condition: { ...NEW_CONDITION, threshold: '-1' } }, 'number of lines'],
  [{ condition: { ...NEW_CONDITION, threshold: '1.5' } }, 'number of lines'],
  [{ condition: { ...NEW_CONDITION, lasting: { windows: '3', of: '2' } } }, 'Windows'],
  [{ condition: { ...NEW_CONDITION, kind: 'share' as const, threshold: '101' } }, '100 percent'],
  [{ condition: { ...NEW_CONDITION, kind: 'number' as const, field: 'a b' } }, 'Name the field'],
  [{ condition: { ...NEW_CONDITION, kind: 'number' as const, field: 'a', threshold: '' } }, 'limit'],
  [{ condition: { ...NEW_CONDITION, kind: 'usual' as const, threshold: '1' } }, 'multiple'],
  [{ condition: { ...NEW_CONDITION, kind: 'silence' as const, cadence: '1' } }, 'usual gap'],
  [{ group_by: 'field' as const, group_field: 'a b' }, 'Name the field'],
  [{ thresholds: [{ at: '', severity: 'critical' as const, channels: [] }] }, 'further threshold'],
  [{ hours: { ...HOURS, days: [] } }, 'day'],
  [{ hours: { ...HOURS, from: 'noon' } }, 'clock times'],
  [{ hours: { ...HOURS, to: 'sunset' } }, 'Active hours: latitude'],
  [{ quiet: { ...HOURS, days: [] } }, 'quiet hours'],
  [{ quiet: { ...HOURS, to: 'late' } }, 'Quiet hours'],
  [{ hours: HOURS, quiet: { ...HOURS, to: 'sunset' } }, 'Quiet hours: latitude'],
  [{ group_by: 'camera' as const, raise: { level: 'DEBUG' as const, minutes: '241' } }, '240 minutes'],
  [{ group_by: 'source' as const, raise: { level: 'INFO' as const, minutes: '1.5' } }, '240 minutes'],
])('says what is missing: %j', (change, said) => {
  expect(toInput({ ...NEW_RULE, name: 'x', ...change })).toEqual({ missing: expect.stringContaining(said) })
})

it.each(OWN_RULES.map(({ draft }) => [draft.name, draft] as const))(
  'offers a whole rule on this system: %s',
  (_, draft) => {
    const read = toInput(draft)
    if ('missing' in read) throw new Error(read.missing)
    expect(read.rule).toMatchObject({ include_own: true })
    const query = new URLSearchParams(read.rule.query)
    expect(query.getAll('logger_name').length).toBeGreaterThan(0)
    expect(toDraft(read.rule)).toEqual(draft)
  },
)

it('stores more of no group that has no level', () => {
  const raise = { level: 'DEBUG' as const, minutes: '15' }
  expect(toInput({ ...NEW_RULE, name: 'x', raise })).toMatchObject({
    rule: expect.not.objectContaining({ raise_level: expect.anything() }),
  })
})
