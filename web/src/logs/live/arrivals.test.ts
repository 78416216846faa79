import { expect, it } from 'vitest'
import { arrivalText } from './arrivals.tsx'

const row = (message: string) => ({
  id: 1,
  timestamp: '2026-01-01T00:00:00Z',
  message,
  level: 'ERROR' as const,
  source: 'camera_3',
  camera_id: 3,
  camera_name: 'Barn',
  logger_name: null,
  extra_data: null,
})

it('tells how many lines arrived and what the newest says, in short', () => {
  expect(arrivalText([row('\u001b[31mtimeout\u001b[0m\n at connect'), row('before')])).toBe(
    '2 new lines, newest: ERROR, Barn, timeout',
  )
  expect(arrivalText([row('x'.repeat(5000))])).toHaveLength('1 new line, newest: ERROR, Barn, '.length + 120)
  expect(arrivalText([])).toBe('')
})
