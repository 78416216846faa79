import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readLocalApiKey } from './local-api-key.ts'

it('finds the key that the server keeps beside its data', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'api-key-'))
  expect(await readLocalApiKey(folder)).toBeUndefined()
  await writeFile(join(folder, 'admin-api-key'), 'secret-of-the-folder\n')
  expect(await readLocalApiKey(folder)).toBe('secret-of-the-folder')
  await rm(folder, { recursive: true })
})
