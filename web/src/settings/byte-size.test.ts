import { expect, it } from 'vitest'
import { formatBytes, unitOf } from './byte-size.ts'

it.each([
  [0, 'GiB'],
  [512 * 1024 ** 2, 'MiB'],
  [3 * 1024 ** 3, 'GiB'],
  [1500, 'bytes'],
  [65_536, 'kiB'],
])('%d bytes are typed in %s', (bytes, name) => {
  const unit = unitOf(bytes)
  expect(unit.name).toBe(name)
  expect((bytes / unit.size) * unit.size).toBe(bytes)
})

it('is written short', () => {
  expect(formatBytes(1.25 * 1024 ** 3)).toBe('1.3\u00a0GiB')
  expect(formatBytes(0)).toBe('0\u00a0bytes')
})
