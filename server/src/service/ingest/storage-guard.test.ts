import { beforeEach, describe, expect, it } from 'vitest'
import type { SettingsStore } from '../../store/settings/settings.ts'
import { StorageGuard } from './storage-guard.ts'

const MB = 1024 * 1024
const settings = { get: async () => ({ disk_reserve_bytes: 100 * MB }) } as unknown as SettingsStore

let time: number
let free: number
let told: unknown[]
let reliefs: number
let guard: StorageGuard

beforeEach(() => {
  time = 0
  free = 200 * MB
  told = []
  reliefs = 0
  guard = new StorageGuard({
    settings,
    freeBytes: async () => free,
    relieve: async () => void reliefs++,
    onChange: (state) => told.push(state),
    clock: () => time,
  })
})

describe('the reserve on the disk', () => {
  it('lets everything through while there is room', async () => {
    await guard.check()
    expect({ told, reliefs }).toEqual({ told: [], reliefs: 0 })
  })

  it('refuses below it, says when to try again and has room made at once', async () => {
    free = 99 * MB
    await expect(guard.check()).rejects.toMatchObject({ code: 'STORAGE_FULL', status: 507, retryAfter: 30 })
    expect({ told, reliefs }).toEqual({ told: ['full'], reliefs: 1 })
  })

  it('has room made once a minute while it stays full', async () => {
    free = 99 * MB
    for (time = 0; time < 150_000; time += 1000) await guard.check().catch(() => undefined)
    expect({ told, reliefs }).toEqual({ told: ['full'], reliefs: 3 })
  })

  it('goes on when there is a little more than the reserve, so that it is not on and off', async () => {
    free = 99 * MB
    await expect(guard.check()).rejects.toThrow()
    time += 1000
    free = 101 * MB
    await expect(guard.check()).rejects.toThrow()
    time += 1000
    free = 106 * MB
    await guard.check()
    expect(told).toEqual(['full', 'back'])
  })

  it("takes PostgreSQL's word when the disk is another machine's, and tries again five seconds later", async () => {
    const remote = new StorageGuard({
      settings,
      relieve: async () => {},
      onChange: () => {},
      clock: () => time,
    })
    expect(remote.translate({ code: '53100' })).toMatchObject({ code: 'STORAGE_FULL' })
    time += 4000
    await expect(remote.check()).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    time += 2000
    await remote.check()
    const other = new Error('another')
    expect(remote.translate(other)).toBe(other)
  })
})
