import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ERRORS } from '../../server/src/service/app-error.ts'
import { ROOT } from './source-files.ts'

it('lists every error of the catalogue in docs/errors.md, with its status and its reason, and no other', () => {
  const text = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
  const rows = [...text.matchAll(/^\| `(\w+)` +\| (\d+) +\| (.+?) +\|$/gm)].map(([, code, status, when]) => [
    code,
    { status: Number(status), when },
  ])
  expect(Object.fromEntries(rows)).toEqual(ERRORS)
})
