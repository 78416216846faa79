import { expect, it } from 'vitest'
import { needlesOf } from './needles.ts'

it.each([
  ['', []],
  ['timeout', ['timeout']],
  ['time out', ['time', 'out']],
  ['"connection timeout" 50%', ['connection timeout', '50%']],
  ['"a \\"b\\" c"', ['a "b" c']],
  ['-retry -"not this" seen', ['seen']],
  ['(front or barn) open', ['front', 'barn', 'open']],
  ['level:error camera:"Front Door" source:api* x', ['x']],
  ['extra_data.a.b:>3 message:retry', ['retry']],
  ['rtsp://host key:value', ['rtsp://host', 'key:value']],
  ['/time ?out|5\\d\\d/ x', ['x']],
  ['/var/log', ['/var/log']],
])('marks of %s: %j', (q, needles) => {
  expect(needlesOf(q)).toEqual(needles)
})
