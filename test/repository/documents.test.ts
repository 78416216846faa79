// What README and docs/ name is there: files, commands and their options, npm scripts. Routes are held true by
// server/test/http/documented-routes.test.ts, settings and variables beside their code.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { beforeAll, describe, expect, it } from 'vitest'
import { allCommands } from '../../server/src/cli/commands.ts'
import { documents } from './documents.ts'
import { ROOT } from './source-files.ts'

const all = documents()

describe('every document', () => {
  it.each(all)('$path links to files that are there', ({ path, text }) => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link]) => link as string)
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(path), link)))).toEqual([])
  })

  it('in docs/ is named by the README', () => {
    const { text = '' } = all.find(({ path }) => path === 'README.md') ?? {}
    const ours = all.filter(({ path }) => path.startsWith('docs/')).map(({ path }) => path)
    expect(ours.filter((path) => !text.includes(`](${path})`))).toEqual([])
  })

  it.each(all)('$path names npm scripts that are there', ({ text }) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name as string)
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })
})

it('the README has its figures from the benchmarks', () => {
  const text = (path: string) => all.find((one) => one.path === path)?.text ?? ''
  const [, fast = ''] = /- \*\*Fast\.\*\*([\s\S]*?)\n- /.exec(text('README.md')) ?? []
  const figures = fast.match(/\d[\d,]*(\.\d+)?/g) ?? []
  const printed = new Set(text('docs/benchmarks.md').match(/\d[\d,]*(\.\d+)?/g))
  expect(figures.length).toBeGreaterThan(4)
  expect(figures.filter((figure) => !printed.has(figure))).toEqual([])
})

describe('commands', () => {
  let commands: Command[]
  beforeAll(async () => {
    commands = await allCommands()
  })

  it.each(all)('$path names are there, with their options', ({ text }) => {
    const wrong: string[] = []
    for (const [line, rest = ''] of text.matchAll(/timelapser-logs ((?:[a-z]+ ?)(?:[^`\n|&;)]*))/g)) {
      const words = rest
        .replaceAll(/'[^']*'|"[^"]*"/g, 'text')
        .split(/\s+/)
        .map((word) => word.replace(/[.,:]+$/, ''))
        .filter(Boolean)
      const command = commands.find((one) => one.name() === words[0])
      if (!command) {
        if (!isProse(line)) wrong.push(line)
        continue
      }
      const sub = command.commands.find((one) => one.name() === words[1])
      const options = [command, ...(sub ? [sub] : [])].flatMap((one) => one.options)
      const known = options.flatMap(({ long, short }) => [long, short])
      for (const word of words.filter((one) => /^--?[a-z]/.test(one))) {
        if (!known.includes(word.split('=')[0]) && word !== '--help') wrong.push(`${line}: ${word}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

/** `git clone <this repository> timelapser-logs`, `enable --now timelapser-logs`, and the like. */
function isProse(line: string): boolean {
  return /^timelapser-logs (and|is|of|on|in|with|for)\b/.test(line)
}
