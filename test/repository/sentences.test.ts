import { expect, it } from 'vitest'
import { typescriptFiles } from './source-files.ts'

/** A comment that opens with “What” or “Of” in place of the thing it is about; questions may. */
const WITHOUT_SUBJECT = /^\s*(?:\/\*\*|\/\/|\*)\s*(?:What|Of)\b(?!.*\?)/

const linesOf = (folder: string) =>
  typescriptFiles(folder).flatMap(({ path, text }) =>
    text.split('\n').map((line, index) => ({ place: `${path}:${index + 1}`, line })),
  )

it.each(['server/src', 'server/test', 'logger/src', 'web/src', 'test', 'bench'])(
  'comments in %s name what they are about',
  (folder) => {
    const lines = linesOf(folder)
    expect(lines.length).toBeGreaterThan(100)
    const strays = lines.filter(({ line }) => WITHOUT_SUBJECT.test(line))
    expect(strays.map(({ place, line }) => `${place} ${line.trim()}`)).toEqual([])
  },
)

it.each([
  ['/** What somebody may do. */', true],
  ['    // Of one threshold each.', true],
  [' * Of the lines, the first.', true],
  ['// What if it is empty?', false],
  ['/** The rights of a person. */', false],
  ['const what = 1 // Off by one', false],
])('%j: %j', (line, isStray) => {
  expect(WITHOUT_SUBJECT.test(line)).toBe(isStray)
})
