// A clone is whole: no program or test needs a folder beside it.
import { expect, it } from 'vitest'
import { typescriptFiles } from './source-files.ts'

/** The one place that knows a folder beside the checkout, and says whether it is there. */
const KNOWS = 'server/test/support/real-logs.ts'

it.each(['server', 'logger', 'web/src', 'test', 'bench'])(
  '%s reads nothing beside the checkout',
  (folder) => {
    const files = typescriptFiles(folder).filter(
      ({ path }) => path !== KNOWS && !path.endsWith('whole.test.ts'),
    )
    expect(files.length).toBeGreaterThan(5)
    const strays = files.filter(({ text }) => /\.\.\/shared\/(?:data|cases|spec|hooks)/.test(text))
    expect(strays.map(({ path }) => path)).toEqual([])
  },
)
