import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { locateCluster } from '../src/store/cluster/postgres-cluster.ts'

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'timelapser-link-')))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

it('goes on where a start that was cut short meant to make its database', () => {
  const [data, elsewhere] = [folder(), folder()]
  symlinkSync(join(elsewhere, 'postgres'), join(data, 'postgres'))
  expect(locateCluster(data, undefined)).toBe(join(elsewhere, 'postgres'))
})

it('makes no empty database where the real one is not mounted', () => {
  const [data, elsewhere] = [folder(), folder()]
  symlinkSync(join(elsewhere, 'disk', 'postgres'), join(data, 'postgres'))
  expect(() => locateCluster(data, undefined)).toThrow(
    /points to .*disk\/postgres, which does not exist\. Mount/,
  )
  mkdirSync(join(elsewhere, 'disk', 'postgres'), { recursive: true })
  expect(locateCluster(data, undefined)).toBe(join(elsewhere, 'disk', 'postgres'))
})
