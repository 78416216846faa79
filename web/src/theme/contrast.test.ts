import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const styles = readFileSync(new URL('../styles.css', import.meta.url), 'utf8')
const media = readFileSync(new URL('../media.css', import.meta.url), 'utf8')

const TEXTS = ['ink', 'ink-muted', 'ink-faint', 'accent', 'live', 'paused']
const LEVELS = ['critical', 'error', 'warning', 'info', 'debug']
const SURFACES = ['canvas', 'surface', 'sunken', 'hover', 'selected', 'accent-wash']

type Tokens = Readonly<Record<string, string>>

/** The colours of the first block of a selector from a place of a style sheet on. */
function tokensOf(css: string, selector: string, after = ''): Tokens {
  const from = css.indexOf(`${selector} {`, css.indexOf(after))
  const block = css.slice(from, css.indexOf('}', from))
  return Object.fromEntries(
    Array.from(block.matchAll(/--([\w-]+): (#[\da-f]{6});/g), ([, name = '', colour = '']) => [name, colour]),
  )
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(tokens: Tokens, one: string, other: string): number {
  const [bright = 0, dark = 0] = [one, other]
    .map((name) => luminance(tokens[name] ?? expect.unreachable(`no --${name}`)))
    .sort((a, b) => b - a)
  return (bright + 0.05) / (dark + 0.05)
}

const light = tokensOf(styles, ':root')
const dark = tokensOf(styles, '.dark', '@media screen')
const MORE = '(prefers-contrast: more)'
const THEMES = [
  { theme: 'light', tokens: light, least: 4.5 },
  { theme: 'dark', tokens: dark, least: 4.5 },
  { theme: 'light with more contrast', tokens: { ...light, ...tokensOf(media, ':root', MORE) }, least: 7 },
  { theme: 'dark with more contrast', tokens: { ...dark, ...tokensOf(media, '.dark', MORE) }, least: 7 },
]

describe.each(THEMES)('the $theme colours', ({ tokens, least }) => {
  it(`have each text at least ${least}:1 on each surface`, () => {
    const pairs = [...TEXTS, ...LEVELS].flatMap((text) => SURFACES.map((surface) => [text, surface] as const))
    pairs.push(['accent-ink', 'accent'], ['hit-ink', 'hit'], ['surface', 'error'])
    pairs.push(['critical', 'critical-wash'], ['error', 'error-wash'])
    const weak = pairs
      .map(([text, surface]) => ({ text, surface, ratio: contrast(tokens, text, surface) }))
      .filter(({ ratio }) => ratio < least)
    expect(weak).toEqual([])
  })
})
