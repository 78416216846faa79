import { expect, it } from 'vitest'
import { kindOf } from './kinds.ts'

it.each([0, 1])('names a long kind by whole signs, so that it is stored as it is (%i)', (offset) => {
  const kind = kindOf('ERROR', `${'x'.repeat(offset)}${'😀'.repeat(300)}`)
  expect([kind.isWellFormed(), kind.length]).toEqual([true, 200])
})
