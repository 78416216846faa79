import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROOT } from '../repository/source-files.ts'
import { bareEnvironment } from '../support/bare-environment.ts'
import { startProgram, temporaryFolder } from '../support/program.ts'

const EXAMPLE = join(ROOT, 'examples/timelapser.ts')

function example(dataDir: string, ...args: string[]) {
  const all = ['--conditions=timelapser-source', EXAMPLE, '--quiet', ...args]
  const options = { env: { ...bareEnvironment, DATA_DIR: dataDir }, cwd: ROOT }
  return promisify(execFile)(process.execPath, all, options)
}

test('the example finds the server beside it, and without one says what to do', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  await expect(example(dataDir)).rejects.toMatchObject({
    stderr: expect.stringMatching(
      /^There is no .* Start the server first: npm start; or give --url and --key\.\n$/,
    ),
  })
  await expect(example(dataDir, '--url', 'http://127.0.0.1:1', '--key', 'x')).rejects.toMatchObject({
    stderr: 'No answer from http://127.0.0.1:1. Start the server first: npm start.\n',
  })
  await startProgram({ env: { DATA_DIR: dataDir } }).ready
  await expect(example(dataDir, '--seconds', '0.5')).resolves.toBeDefined()
})
