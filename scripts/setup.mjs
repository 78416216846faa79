// `npm run setup`: everything that the first start would do to this folder, so that a user who may not write here can
// start the server.
import { join } from 'node:path'
import {
  CONDITION,
  ensurePackages,
  ensurePage,
  ensureProgram,
  findNode,
  ROOT,
  run,
  step,
} from './toolchain.mjs'

await run(async () => {
  await ensurePackages()
  await ensurePage()
  await ensureProgram()
  await step('Preparing PostgreSQL', findNode(), [CONDITION, join(ROOT, 'scripts/prepare-postgres.ts')])
})
