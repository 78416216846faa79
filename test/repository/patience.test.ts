// A test waits for a condition, and how long it waits at most is for the day on which the condition never comes: a busy machine
// takes many times longer than a quiet one.
import { expect, it } from 'vitest'
import { typescriptFiles } from './source-files.ts'

const LEAST_MS = 10_000

it(`no test gives up after less than ${LEAST_MS / 1000} seconds`, () => {
  const files = ['server', 'test', 'logger', 'web'].flatMap((folder) => typescriptFiles(folder))
  const tests = files.filter(({ path }) => /\.test\.tsx?$/.test(path))
  const hasty = tests.flatMap(({ path, text }) =>
    [
      ...text.matchAll(
        /^.*\b(?:poll|waitFor\w*|it|test|soon)\b.*\{.*\btimeout: ([\d_]+)\b.*$|^\s+\{ timeout: ([\d_]+).*$/gm,
      ),
    ]
      .filter(([, first, second]) => Number((first ?? second ?? '').replaceAll('_', '')) < LEAST_MS)
      .map(([line]) => `${path}: ${line.trim()}`),
  )
  expect(tests.length).toBeGreaterThan(250)
  expect(hasty).toEqual([])
})
