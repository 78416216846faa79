import { describe, expect, it } from 'vitest'
import { complete } from './completion.ts'

const known = {
  camera: ['Barn', 'Front Door', 'Camera 3'],
  source: ['api', 'camera_3', 'worker'],
  logger: ['app.http', 'worker.video'],
  keys: ['duration_ms', 'status'],
}
const optionsFor = (q: string, caret = q.length) => complete(q, caret, known)?.options ?? []

describe('the search is completed', () => {
  it.each([
    ['le', ['level:']],
    ['timeout -so', ['source:']],
    ['level:', ['level:critical ', 'level:error ', 'level:warning ', 'level:info ', 'level:debug ']],
    ['level:>=w', ['level:>=warning ']],
    ['camera:d', ['camera:"Front Door" ']],
    ['(source:camera_3 or camera:"fr', ['camera:"Front Door" ']],
    ['source:w', ['source:worker ']],
    ['logger:video', ['logger:worker.video ']],
    ['ex', ['extra_data.']],
    ['extra_data.s', ['extra_data.status:', 'extra_data.duration_ms:']],
  ])('%s: %j', (q, options) => {
    expect(optionsFor(q)).toEqual(options)
  })

  it.each([
    '',
    'l',
    'timeout',
    'source:api',
    '"level',
    '"a phrase" and "so',
    'http://x',
    'unknown:x',
    'id:4',
  ])('but not %j', (q) => {
    expect(optionsFor(q)).toEqual([])
  })

  it('at the caret alone, and not within a word', () => {
    expect(complete('source:w timeout', 8, known)).toEqual({ from: 0, to: 8, options: ['source:worker '] })
    expect(complete('source:w timeout', 6, known)).toBeNull()
    expect(complete('-sou', 4, known)).toEqual({ from: 1, to: 4, options: ['source:'] })
  })
})
