import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hasContainers, OTHER_CONTAINER, startProgram, temporaryFolder } from '../support/program.ts'
import { expectRefusal } from '../support/refusal.ts'

const isRoot = process.getuid?.() === 0
const NOBODY = { uid: 65_534, gid: 65_534 }
const NAMELESS = { uid: 1_234_567, gid: 1_234_567 }

test('a defect while it starts is printed with its stack, and is a failure', async () => {
  const broken = `import net from 'node:net'
    import { syncBuiltinESMExports } from 'node:module'
    net.createServer = () => { throw new TypeError('a defect of the program') }
    syncBuiltinESMExports()`
  const program = startProgram({
    env: {
      DATA_DIR: join(temporaryFolder(), 'data'),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}`,
    },
  })
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(/TypeError: a defect of the program\n +at /)
})

describe('refuses to start with a sentence', () => {
  test('when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    const { port } = await new Promise<{ port: number }>((resolve) => {
      other.on('listening', () => resolve(other.address() as { port: number }))
    })
    const env = { DATA_DIR: join(temporaryFolder(), 'data'), PORT: `${port}` }
    await expectRefusal(startProgram({ env }), `Port ${port} on 127.0.0.1 is in use`, `PORT=${port + 1}`)
  })

  test('when another instance uses the data folder, be it in another container', async () => {
    const env = { DATA_DIR: join(temporaryFolder(), 'data') }
    const first = startProgram({ env })
    const url = await first.ready
    await expectRefusal(
      startProgram({ env }),
      `${env.DATA_DIR} is in use by another Timelapser Logs`,
      'Stop that one',
    )
    if (hasContainers) {
      const other = startProgram({ env, within: OTHER_CONTAINER })
      await expectRefusal(other, `${env.DATA_DIR} is in use by another Timelapser Logs`, 'Stop that one')
    }
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  test('when the data folder cannot be made', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const env = { DATA_DIR: join(file, 'data') }
    await expectRefusal(startProgram({ env }), `${env.DATA_DIR} is not writable (ENOTDIR)`, 'set DATA_DIR')
  })

  // There a folder cannot be made, and its parent is there and is said not to be.
  test.skipIf(process.platform !== 'linux')('when the data folder is to be in /proc', async () => {
    const env = { DATA_DIR: '/proc/timelapser/data' }
    await expectRefusal(startProgram({ env }), '/proc/timelapser/data is not writable', 'set DATA_DIR')
  })

  test.skipIf(!isRoot)('when the data folder may not be written to', async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o755)
    const program = startProgram({ env: { DATA_DIR: folder }, ...NOBODY })
    await expectRefusal(
      program,
      `${folder} is not writable (EACCES). It belongs to the user id 0, and the server runs as user id 65534.`,
      `Give this user write permission (as root: chown -R 65534:65534 ${folder})`,
    )
  })

  test.skipIf(!isRoot)('when the user has no name, which PostgreSQL asks for', async () => {
    const folder = temporaryFolder()
    chownSync(folder, NAMELESS.uid, NAMELESS.gid)
    const program = startProgram({ env: { DATA_DIR: folder }, ...NAMELESS })
    await expectRefusal(program, `The user id ${NAMELESS.uid} has no name on this machine`, 'DATABASE_URL')
  })

  test.skipIf(!isRoot)('when the data belongs to somebody else', async () => {
    const folder = temporaryFolder()
    const cluster = join(folder, 'postgres')
    mkdirSync(cluster)
    chownSync(folder, NOBODY.uid, NOBODY.gid)
    const program = startProgram({ env: { DATA_DIR: folder }, ...NOBODY })
    await expectRefusal(
      program,
      `${cluster} belongs to the user id 0, and the server runs as user id 65534`,
      'Start as its owner',
    )
  })

  test('when the data is of another major version of PostgreSQL', async () => {
    const dataDir = temporaryFolder()
    mkdirSync(join(dataDir, 'postgres'))
    writeFileSync(join(dataDir, 'postgres/PG_VERSION'), '17\n')
    const program = startProgram({ env: { DATA_DIR: dataDir } })
    await expectRefusal(
      program,
      'was created by PostgreSQL 17, and this version of Timelapser Logs includes 18',
      'backup',
    )
  })

  test('when the data folder holds something else', async () => {
    const dataDir = temporaryFolder()
    mkdirSync(join(dataDir, 'postgres'))
    writeFileSync(join(dataDir, 'postgres/letter.txt'), 'Dear …')
    await expectRefusal(
      startProgram({ env: { DATA_DIR: dataDir } }),
      'no PostgreSQL database',
      'Move them away',
    )
  })

  test.each([
    ['PORT', 'http', 'from 0 to 65535'],
    ['HOST', '203.0.113.7', 'Set HOST to one'],
    ['DATABASE_URL', 'mysql://db/logs', 'postgres://user:password@host:5432/database'],
  ])('when %s is %s', async (name, value, advice) => {
    const env = { DATA_DIR: join(temporaryFolder(), 'data'), [name]: value }
    await expectRefusal(startProgram({ env }), name, advice)
  })
})
