import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeColumn, encodeColumn, NUMBER, numberAt, OTHER } from './number-column.ts'
import { columnName, numberColumnsOf } from './number-columns.ts'

const numbers = fc.oneof(
  fc.integer({ min: 0, max: 7 }),
  fc.maxSafeInteger(),
  fc.double({ min: -1e299, max: 1e299, noNaN: true }).map((number) => number + 0),
  fc.integer({ min: -1e9, max: 1e9 }).map((number) => number / 1000),
)

describe('a column of numbers', () => {
  it('says of each row what it was made of', () => {
    const rows = fc.array(fc.oneof({ weight: 4, arbitrary: numbers }, fc.constantFrom(null, 'slow', 'ü')), {
      minLength: 1,
      maxLength: 300,
    })
    fc.assert(
      fc.property(
        fc.oneof(rows, fc.array(numbers, { minLength: 1 })),
        (values: (number | string | null)[]) => {
          const others = [...new Set(values.filter((value) => typeof value === 'string'))]
          const kinds = Uint8Array.from(values, (value) =>
            value === null ? 0 : typeof value === 'number' ? NUMBER : OTHER + others.indexOf(value),
          )
          const own = values.filter((value) => typeof value === 'number')
          const column = decodeColumn(
            'ms',
            encodeColumn('ms', { kinds, numbers: own, others }),
            values.length,
          )
          const found = values.map((_, row) => {
            const kind = column?.kinds?.[row] ?? NUMBER
            if (kind === NUMBER) return column && numberAt(column, row)
            return kind === 0 ? null : column?.others[kind - OTHER]
          })
          expect(found).toEqual(values)
        },
      ),
    )
  })

  it('takes as many bits for a number as it has, and is not read when one of them is another', () => {
    const all = Array.from({ length: 8000 }, (_, row) => 1000 + (row % 8) / 10)
    const bytes = encodeColumn('ms', { kinds: new Uint8Array(8000).fill(NUMBER), numbers: all, others: [] })
    expect(bytes.length).toBeLessThan(3100)
    expect(decodeColumn('took', bytes, 8000)).toBeUndefined()
    bytes[bytes.length - 10] = (bytes.at(-10) as number) ^ 1
    expect(decodeColumn('ms', bytes, 8000)).toBeUndefined()
  })
})

describe('the columns of a block', () => {
  const columnsOf = (records: readonly unknown[]) =>
    numberColumnsOf(
      records.map((record) => (record === null ? '' : JSON.stringify(record))),
      records.map(() => 1),
    )

  it('are those of fields with numbers, and the others are known', async () => {
    const { fields, others } = await columnsOf([
      { ms: 1, http: { took: '2.5', path: '/' }, 'a.b': 3, 7: 7 },
      { ms: 'slow', list: [1], http: null },
      null,
    ])
    expect(fields).toEqual(['http.took', 'ms'])
    expect(others).toEqual(['http', 'http.path', 'list'])
  })

  it('are those of the 32 fields with the most numbers', async () => {
    const record = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, index]))
    const { fields, others } = await columnsOf([record, { k39: 1 }])
    expect([fields.length, fields[0], others?.length]).toEqual([32, 'k39', 8])
  })

  it('leave out a field with amounts that no double holds, and do not say which fields there are beside a thousand', async () => {
    const many = Object.fromEntries(Array.from({ length: 1200 }, (_, index) => [`k${index}`, 'x']))
    expect((await columnsOf([{ ms: 1 }, many])).others).toBeNull()
    const huge = await numberColumnsOf(['{"ms": 1e400, "n": 1}', '{"ms": 1}'], [1, 1])
    expect([huge.fields, huge.others]).toEqual([['n'], ['ms']])
  })

  it('are asked for by names that lead through objects alone', () => {
    expect(['ms', 'http.took', 'list.0', 'a..b', '-1'].map((name) => columnName(name.split('.')))).toEqual([
      ...['ms', 'http.took', undefined, undefined, undefined],
    ])
  })
})
