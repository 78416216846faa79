import { expect, it } from 'vitest'
import { FieldValues } from './field-values.ts'

const line = (value: unknown) => ({ level: 'INFO' as const, timestamp: '2026-11-29T12:00:00Z', value })
const LONG = 'x'.repeat(64 * 1024)

it('tells long texts apart that begin alike, and shows their beginning', () => {
  const values = new FieldValues()
  values.add([line({ body: `${LONG}1` }), line({ body: `${LONG}2` }), line({ body: `${LONG}2` })])
  const [field] = values.list({ fields: 10, values: 10 })
  expect(field).toMatchObject({ field: 'body', lines: 3, distinct: 2, is_distinct_cut: false })
  const [first] = field?.values ?? []
  expect(first).toMatchObject({ count: 2, text: `${'x'.repeat(200)}…`, q: null })
})

it('keeps no more than its bytes of values, and says that there are more', () => {
  const values = new FieldValues()
  const perField = 4000
  for (let field = 0; field < 20; field++) {
    values.add(
      Array.from({ length: perField }, (_, index) => line({ [`f${field}`]: `${index} `.padEnd(199, 'y') })),
    )
  }
  const fields = values.list({ fields: 20, values: 1 })
  const distinct = fields.reduce((sum, field) => sum + field.distinct, 0)
  // 16 MB of values with 199 characters of two bytes each, and what their counts take.
  expect(distinct).toBeLessThanOrEqual(Math.ceil((16 * 1024 * 1024) / (120 + 2 * 199)))
  expect(fields.at(-1)).toMatchObject({
    lines: perField,
    distinct: 0,
    is_distinct_cut: true,
    others: perField,
  })
})

it('does not keep names that are longer than what they name', () => {
  const values = new FieldValues()
  values.add([line({ ['k'.repeat(501)]: 1, level: 2 })])
  expect(values.list({ fields: 10, values: 1 }).map(({ field }) => field)).toEqual(['level'])
  expect(values.isCut).toBe(true)
})
