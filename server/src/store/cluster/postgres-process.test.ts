// A PostgreSQL that is killed while it starts: in its place a program that kills itself and notes each of its starts.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PostgresProcess } from './postgres-process.ts'

let cluster: string
let postgres: PostgresProcess

beforeEach(() => {
  cluster = mkdtempSync(join(tmpdir(), 'timelapser-killed-'))
  writeFileSync(join(cluster, 'postgres'), '#!/bin/sh\necho started >> "$2/starts"\nkill -9 $$\n')
  chmodSync(join(cluster, 'postgres'), 0o755)
  writeFileSync(join(cluster, 'starts'), '')
  const binaries = { directory: cluster, major: 18 }
  postgres = new PostgresProcess({ binaries, cluster, user: undefined, port: 5432, log: () => undefined })
})
afterEach(async () => {
  await postgres.stop()
  rmSync(cluster, { recursive: true })
})

const starts = () => readFileSync(join(cluster, 'starts'), 'utf8').split('\n').length - 1

it('is started again a few times, then its start fails', async () => {
  await expect(postgres.start()).rejects.toThrow(`PostgreSQL did not start on ${cluster}`)
  expect(starts()).toBe(6)
})

it('is not started again once it is being stopped', async () => {
  const started = postgres.start()
  const failed = expect(started).rejects.toThrow('was stopped before it had started')
  await expect.poll(starts).toBe(1)
  await postgres.stop()
  const before = starts()
  await failed
  expect(starts()).toBe(before)
})
