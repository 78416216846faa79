import { expect, it } from 'vitest'
import { UploadProgress } from './journald.ts'

const MINUTE = 60_000

it('ends an upload after two minutes of bytes that make no entry', () => {
  const progress = new UploadProgress(0)
  progress.note(100, 0, MINUTE)
  expect(progress.leftMs(MINUTE)).toBe(MINUTE)
  progress.note(1, 1, MINUTE)
  for (let second = 0; second < 120; second++) progress.note(1, 0, MINUTE + second * 1000)
  expect(progress.leftMs(3 * MINUTE)).toBe(0)
})

it('lets a long value arrive bit by bit', () => {
  const progress = new UploadProgress(0)
  for (let minute = 1; minute < 60; minute++) {
    progress.note(256 * 1024, 0, minute * MINUTE)
    expect(progress.leftMs(minute * MINUTE)).toBe(2 * MINUTE)
  }
})
