import { describe, expect, it } from 'vitest'
import { fitsForm, NEW_RULE, newAction, toDraft, toRule } from './rule-draft.ts'

const FULL = {
  name: 'access log',
  sources: ['nginx*', 'web'],
  enabled: false,
  contains: 'GET',
  parse: { as: 'grok' as const, field: 'log', pattern: '%{IP:ip} ', prefix: 'http.' },
  actions: [
    { do: 'drop' as const, when: { field: 'path', equals: ['/a', '/b'], not: true } },
    { do: 'level' as const, field: 'status', values: { 'a = b': 'ERROR', '404': 'WARNING' } },
    {
      do: 'time' as const,
      field: 't',
      format: 'epoch ms',
      zone: 'UTC',
      when: { field: 't', matches: '^1, ' },
    },
    { do: 'rename' as const, field: 'a', to: 'message' },
    { do: 'mask' as const, field: 'message', pattern: '\\d+' },
    { do: 'camera' as const, value: '3' },
  ],
}

describe('a rule in the form', () => {
  it('comes out as it went in', () => {
    expect(toRule(toDraft(FULL))).toEqual(FULL)
    expect(fitsForm(FULL)).toBe(true)
  })

  it('does not fit when a value has what the form separates by', () => {
    const when = { field: 'path', equals: ['a, b'] }
    expect(fitsForm({ name: 'x', sources: ['*'], actions: [{ do: 'drop', when }] })).toBe(false)
  })

  it('leaves out what its form and actions do not have', () => {
    const action = { ...newAction('drop'), field: 'left over', value: 'x' }
    const draft = { ...NEW_RULE, name: ' a ', sources: ' x ,, y', pattern: 'left over', actions: [action] }
    expect(toRule(draft)).toEqual({
      name: 'a',
      sources: ['x', 'y'],
      parse: { as: 'json' },
      actions: [{ do: 'drop' }],
    })
  })
})
