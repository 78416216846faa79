import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogRecord } from '../record.ts'
import { redactRecord } from '../redaction.ts'
import { redactText, scanText, UNCHECKED } from './redact-text.ts'

/** Texts that the scanner knows or could stumble over: hostile lines are made of these. */
const PIECES = [
  ...['://', '@', 'a:', '://a:b', ':a/', 'eyJ', 'eyJ-', 'eyJ.', 'token', 'token=', 'password="', "password='", '\\"', '\\'],
  ...['password=\\"', 'key=', '?key=', '&sig=a', '<token>', '<token ', '</', '-u a:', '-u ', 'Cookie: ', 'Cookie: a;', '; '],
  ...['bearer ', 'basic a ', 'Authorization: ', 'Authorization: Digest a="', 'a=b, ', '%3A%2F%2F', '%40', '%3D', '%22', '%25'],
  ...['-----BEGIN PRIVATE KEY-----', '-----', '--', '--token ', '-', 'sk-', 'sk_', 'xoxb-', 'SG.', 'AIza', 'AKIA', '1:AA'],
  ...['4111 ', '4111-', '41111111', '1', 'x:y@1.1.1.1', '@1.1.1.1', 'pass=(', '\u200d', 'é', ' ', '\t', '\n', ',', ';', 'a'],
  ...['pass=[', 'pass={', 'pass={a:', '"pass":{', '"pass":[', '"pass":', '"a":', '{', '}', '(', ']', 'name="pass"', 'value=', 'k='],
  ...['api key: ', 'pass[]', 'pass:', '=', ':', '.', '_', 'hooks.slack.com/services/', 'https://hooks.slack.com/', 'timelapser_session'],
  ...['pwd:/', 'pwd=~', 'password:is ', 'password=null ', 'pass=1 ', 'v=', 'k=-', '<a', 'be', 'bearer x ', 'name:k ', '%3D%22', '://a.com/'],
] // biome-ignore format: a table

/** Any line, hostile or not. */
const line = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc
    .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6 })), { maxLength: 12 })
    .map((pieces) => pieces.join('')),
)

function repeated(pieces: readonly string[]): string {
  const unit = pieces.join('')
  return unit.repeat(Math.ceil(8_000 / unit.length))
}

/** Steps for each character when the pieces are repeated. */
function costOf(pieces: readonly string[]): number {
  const text = repeated(pieces)
  return scanText(text, Number.POSITIVE_INFINITY).steps / text.length
}

/** Repeatable numbers in [0, 1). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('hostile text', () => {
  it('takes steps in proportion to its length: a search for the slowest finds none beyond the bound', () => {
    const random = numbers(16)
    const pick = () => PIECES[Math.floor(random() * PIECES.length)] as string
    let slowest: { pieces: string[]; cost: number }[] = PIECES.map((piece) => ({
      pieces: [piece],
      cost: costOf([piece]),
    }))
    for (let round = 0; round < 60; round++) {
      const bred = slowest.slice(0, 12).map(({ pieces }) => {
        const changed = [...pieces]
        const at = Math.floor(random() * (changed.length + 1))
        if (random() < 0.4 && changed.length > 1) changed.splice(at, 1)
        else if (random() < 0.5) changed.splice(at, 0, pick())
        else changed[Math.min(at, changed.length - 1)] = pick()
        return changed.slice(0, 8)
      })
      slowest = [...slowest, ...bred.map((pieces) => ({ pieces, cost: costOf(pieces) }))].sort(
        (a, b) => b.cost - a.cost,
      )
    }
    expect(slowest[0]?.cost, JSON.stringify(slowest[0]?.pieces)).toBeLessThan(40)
    for (const { pieces } of slowest) {
      const text = repeated(pieces)
      // One look more than the bound of five for each character and 4,000
      expect(scanText(text).steps, JSON.stringify(pieces)).toBeLessThan(5 * text.length + 4_500)
    }
  })

  it.each(PIECES)('%j costs no more for each character of a text ten times as long', (piece) => {
    const cost = (length: number) => {
      const text = `x ${piece}`.repeat(Math.ceil(length / (piece.length + 2)))
      return scanText(text, Number.POSITIVE_INFINITY).steps / text.length
    }
    expect(cost(40_000)).toBeLessThan(cost(4_000) * 1.1 + 0.1)
  })

  it('masks the rest of a text that takes more than the bound, and says so', () => {
    const text = `user=joe ${'password=a '.repeat(2_000)}password=hunter2`
    const { result } = scanText(text, 0)
    expect(result).toMatch(
      /^user=joe (?:password=\*\*\* ?)+.*\*\*\*\[the rest is masked: too much work to check\]$/,
    )
    expect(result).not.toContain('hunter2')
    expect(redactText(result)).toBe(result)
  })

  it.each([
    ['variables', JSON.stringify(Array.from({ length: 3_000 }, (_, at) => ({ name: `A${at}`, value: 'x' })))],
    ['users', JSON.stringify(Array.from({ length: 3_000 }, (_, at) => ({ user: 'a', password: `b${at}` })))],
    ['keys and values', JSON.stringify(Array.from({ length: 3_000 }, () => ({ key: 'a', value: 'b' })))],
    ['an environment', Array.from({ length: 3_000 }, (_, at) => `API_KEY_${at}=abc${at}def`).join('\n')],
    ['a table', Array.from({ length: 3_000 }, (_, at) => `a\t${at}\tkey\tb1`).join('\n')],
    ['years', Array.from({ length: 9_000 }, (_, at) => 1_000 + at).join(', ')],
    ['a dump', Array.from({ length: 9_000 }, (_, at) => (1_000 + at * 7).toString().slice(0, 4)).join(' ')],
    ['paths', 'pwd:/usr/lib:/lib '.repeat(3_000)],
    ['lines', '- a\n-- b\n---\n===\n:::\n'.repeat(2_000)],
  ])('is looked through to its end where it is long and what programs write: %s', (_, text) => {
    expect(redactText(text)).not.toContain(UNCHECKED)
  })

  it('is not kept in memory by the names that were parts of it', { tags: ['long'] }, () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const heapMegabytes = () => {
      collect()
      return process.memoryUsage().heapUsed / 1024 ** 2
    }
    const before = heapMegabytes()
    for (let at = 0; at < 100; at++) {
      const head = `com.example.some.logger.${at} pass=<placeholder number ${at}> password_of_somebody_${at}=a `
      const body = Buffer.from(head + 'x'.repeat(1_000_000)).toString('latin1')
      const logger_name = body.slice(0, body.indexOf(' '))
      redactRecord({ level: 'INFO', timestamp: '', source: 'a', logger_name, message: body } as LogRecord)
    }
    expect(heapMegabytes() - before).toBeLessThan(30)
  })

  it('is masked once and for all', () => {
    fc.assert(
      fc.property(line, (text) => {
        const once = redactText(text)
        expect(redactText(once)).toBe(once)
      }),
      { numRuns: 3_000, seed: 16 },
    )
  })

  it('stays as it is where it is words, numbers and ids', () => {
    const word = fc.constantFrom(
      'frame',
      'camera_1',
      '42',
      'ms',
      'ok,',
      'policy',
      'bucket',
      'monkey=1',
      'id:7',
      '(x)',
      '0x1f',
      '12:30:05',
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        expect(redactText(words.join(' '))).toBe(words.join(' '))
      }),
    )
  })

  it('stays JSON when it is JSON, with the same keys', () => {
    const key = fc.constantFrom(
      'password',
      'token',
      'user',
      'a',
      'headers',
      'name',
      'value',
      'credentials',
      'url',
    )
    const text = fc.oneof(
      line,
      fc.constantFrom(
        'Authorization',
        'rtsp://a:b@h/x',
        'Bearer abcdefgh1',
        'x"y',
        '-----BEGIN PRIVATE KEY-----',
      ),
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('tree'), { maxLength: 3 }),
      object: fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    }))
    fc.assert(
      fc.property(tree, fc.constantFrom(0, 2), (value, indent) => {
        const json = JSON.stringify(value, null, indent)
        const masked = redactText(json)
        expect(() => JSON.parse(masked), `${json} -> ${masked}`).not.toThrow()
      }),
      { numRuns: 3_000, seed: 16 },
    )
  })
})
