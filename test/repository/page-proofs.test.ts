// docs/page.md names the test of each item: a letter for its file and the words of its title, or the unit that it stands beside.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './source-files.ts'

const literal = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8').replaceAll(/\s+/g, ' ')

/** A text in quotes before a function or options: the title of a test. */
const TITLE = /(['"`])((?:(?!\1).)+)\1, (?:async|\(|\{)/g
const text = readFileSync(join(ROOT, 'docs/page.md'), 'utf8')
const [intro = ''] = text.split('\n## ')
const files = [...intro.replaceAll(/\s+/g, ' ').matchAll(/\b([A-Z]) (?:is )?`(test\/e2e\/[\w.-]+)`/g)]
const titles = new Map(
  files.map(([, letter = '', file = '']) => [
    letter,
    [...read(file).matchAll(TITLE)].map(([, , one]) => one),
  ]),
)
const rows = [...text.matchAll(/^\| *(.+?) *\| *([^|]+?) *\|$/gm)]
  .map(([, item = '', proof = '']) => ({ item: item.trim(), proof }))
  .filter(({ item }) => item !== 'item' && !/^-+$/.test(item))

describe('the proofs of the page', () => {
  it('are read here', () => {
    expect(titles.size).toBeGreaterThan(9)
    expect(rows.length).toBeGreaterThan(100)
  })

  it.each(rows)('$item', ({ proof }) => {
    let letter = ''
    for (const part of proof.split(';').map((one) => one.trim())) {
      const [, sign, words = part] = /^([A-Z])\b ?(.*)$/.exec(part) ?? []
      letter = sign ?? letter
      const quoted = [...words.matchAll(/`([\w/.-]+)`/g)].map(([, one]) => one as string)
      const pictures = quoted.filter((one) => one.endsWith('.png'))
      expect(pictures.filter((one) => !existsSync(join(ROOT, 'docs/screenshots', one)))).toEqual([])
      if (letter === 'U') {
        const units = quoted.filter((one) => !one.endsWith('.png'))
        expect(units.filter((one) => !existsSync(join(ROOT, 'web/src', `${one}.test.ts`)))).toEqual([])
        continue
      }
      const said = words.replaceAll(/,? ?`[^`]*`/g, '').trim()
      if (letter === '' || said === '') continue
      const pattern = new RegExp(
        said
          .split('…')
          .map((one) => literal(one.trim()))
          .join('.*'),
      )
      expect(
        titles.get(letter)?.some((title) => pattern.test(title as string)),
        part,
      ).toBe(true)
    }
  })
})
