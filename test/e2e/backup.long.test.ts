// backup and restore as people start them: beside a running server, into an empty folder.
import { execFile } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openBucket } from '../../server/test/support/bucket.ts'
import { bareEnvironment } from '../support/bare-environment.ts'
import { MAIN, startProgram, temporaryFolder } from '../support/program.ts'

const KEY = 'k'.repeat(40)

function run(
  args: string[],
  dataDir: string,
  more: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...bareEnvironment, DATA_DIR: dataDir, ADMIN_API_KEY: KEY, ...more }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=timelapser-source', MAIN, ...args],
      { env },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

async function messages(url: string): Promise<string[]> {
  const response = await fetch(`${url}/api/logs?source=shop`, { headers: { authorization: `Bearer ${KEY}` } })
  const { data } = (await response.json()) as { data: { logs: { message: string }[] } }
  return data.logs.map(({ message }) => message)
}

it('moves a running system to another folder, and refuses what it must', async () => {
  const folder = temporaryFolder()
  const [old, next, file] = [join(folder, 'old'), join(folder, 'next'), join(folder, 'all.backup')]
  const first = startProgram({ env: { DATA_DIR: old, ADMIN_API_KEY: KEY } })
  const url = await first.ready
  await fetch(`${url}/api/logs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(['one', 'two'].map((message) => ({ level: 'INFO', message, source: 'shop' }))),
  })
  const written = await run(['backup', file], old)
  expect(written).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Wrote: \d+ lines in \d+ partitions/),
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const bucket = await openBucket()
  onTestFinished(bucket.close)
  const uploaded = await run(['backup', '--folder', folder, '--upload'], old, {
    ...{ BACKUP_S3_URL: bucket.config.url, BACKUP_S3_REGION: bucket.config.region ?? '' },
    ...{ AWS_ACCESS_KEY_ID: bucket.config.accessKeyId, AWS_SECRET_ACCESS_KEY: bucket.config.secretAccessKey },
  })
  expect(uploaded).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`to ${bucket.config.url}/timelapser`),
  })
  expect([...bucket.objects.keys()]).toEqual([expect.stringMatching(/^folder\/timelapser-logs-\w+\.backup$/)])
  expect(await run(['backup', '--folder', folder, '--upload'], old)).toMatchObject({
    code: 1,
    stderr: '--upload requires the address of a bucket in BACKUP_S3_URL.\n',
  })
  expect(await run(['restore', file], old)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is running'),
  })
  first.kill('SIGTERM')
  await first.ended

  expect(await run(['restore', file], old)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not empty'),
  })
  expect(await run(['restore', '--check', '--json', file], next)).toMatchObject({ code: 0 })
  expect(await run(['restore', file], next)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Restored of /),
  })
  const second = startProgram({ env: { DATA_DIR: next, ADMIN_API_KEY: KEY } })
  expect(await messages(await second.ready)).toEqual(['two', 'one'])

  const broken = join(folder, 'broken.backup')
  writeFileSync(broken, 'not packed')
  expect(await run(['restore', '--check', broken], next)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not a backup'),
  })
  const nowhere = join(folder, 'nowhere')
  expect((await run(['restore', '--check', nowhere], next)).stderr).toBe(
    `${nowhere} cannot be used: the file or its folder does not exist.\n`,
  )
})

it('makes no database to back up, and none for a file that is no backup', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'all.backup')
  const nothing = join(folder, 'nothing')
  expect(await run(['backup', file], nothing)).toEqual({
    code: 1,
    stdout: '',
    stderr: `There is no database in ${nothing}. Set DATA_DIR to the server's data folder, or DATABASE_URL to its database.\n`,
  })
  for (const [name, text, sentence] of [
    ['missing', undefined, 'does not exist'],
    ['letter', 'Dear …', 'not a backup'],
  ] as const) {
    if (text !== undefined) writeFileSync(join(folder, name), text)
    const { code, stderr } = await run(['restore', join(folder, name)], nothing)
    expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`^.*${sentence}.*\\n$`))])
  }
  expect([existsSync(nothing), existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false, false])
})
