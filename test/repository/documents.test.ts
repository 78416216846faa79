// README and docs/ name only things that exist: files, commands and their options, npm scripts. Routes are held true by
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

  // Outside of the checkout npx asks the registry for a name that anybody could take.
  it.each(all)('$path has the command under its own name', ({ text }) => {
    expect(text).not.toMatch(/npx (--\S+ )*timelapser-logs/)
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

/** Each figure of the README's first point, and where the printed tables have it: a section and the beginning of a line. */
const FIGURES = [
  { said: /newest page takes ([\d.,]+) ms/, section: 'Queries', line: 'newest 100, no filter' },
  { said: /rare word among all of them ([\d.,]*\d)/, section: 'Queries', line: 'rare substring over all' },
  { said: /counts of a day ([\d.,]*\d)/, section: 'Queries', line: 'stats 24 h' },
  { said: /a line takes ([\d.,]+) bytes/, section: 'Bytes per row', line: 'together' },
]

describe('the figures of the README', () => {
  const text = (path: string) => all.find((one) => one.path === path)?.text ?? ''
  const [, written = ''] = /- \*\*Fast\.\*\*([\s\S]*?)\n- /.exec(text('README.md')) ?? []
  const fast = written.replaceAll(/\s+/g, ' ')

  it('are all known here', () => {
    expect(fast.match(/\d[\d,]*(\.\d+)?/g)).toHaveLength(FIGURES.length)
  })

  it.each(FIGURES)('$line of “$section” is the benchmark’s', ({ said, section, line }) => {
    const [, part = ''] = text('docs/benchmarks.md').split(`\n## ${section}\n`)
    const printed = part
      .split('\n## ')[0]
      ?.split('\n')
      .find((one) => one.startsWith(line))
    expect(said.exec(fast)?.[1]).toBe(/\d[\d,.]*(?=\s|$)/.exec(printed?.slice(line.length) ?? '')?.[0])
  })
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
