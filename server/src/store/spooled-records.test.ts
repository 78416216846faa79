import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { normaliseRecord } from '@timelapser/logger'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SpooledRecords } from './spooled-records.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spooled-'))
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

it('keeps the order of records when the clock is set back, whoever keeps them and whatever was stored meanwhile', () => {
  const first = new SpooledRecords(folder)
  const second = new SpooledRecords(folder)
  const senders = new Map([first, second].map((spool, index) => [spool, `${index}`.repeat(36)]))
  const keep = (spool: SpooledRecords, batch: number, time: string) => {
    vi.setSystemTime(`2026-03-29T${time}Z`)
    spool.keep(normaliseRecord({ message: `${batch}` }), { sender: senders.get(spool) ?? '', batch })
  }
  const kept = () => first.list().map(({ record }) => record.message)
  keep(second, 1, '02:59:59')
  keep(second, 2, '02:00:00')
  keep(first, 3, '02:00:01')
  keep(second, 4, '01:00:00')
  expect(kept()).toEqual(['1', '2', '3', '4'])
  for (const { file } of first.list().slice(1)) first.remove(file)
  keep(second, 5, '01:00:01')
  for (const { file } of first.list()) first.remove(file)
  keep(second, 6, '01:00:02')
  keep(first, 7, '01:00:02')
  expect(kept()).toEqual(['6', '7'])
})
