// V8 tries the alternatives of a pattern in turn, at every character again. It is many times faster than an
// engine that never does that, so it takes the patterns for which this proof bounds its work at each character.
import { branchesOf, type PatternToken } from './pattern-tokens.ts'

/** Ways through the pattern times their length. */
const MAX_STEPS = 200

/**
 * The most steps that V8 takes for each character of any text; undefined where that is not
 * proven. A repeat without an end is taken in two places: at the very end of a branch, where it cannot fail, and between
 * two characters that it cannot match. There every stretch of the text is walked from one place alone.
 */
export function stepsOnV8(tokens: readonly PatternToken[]): number | undefined {
  let steps = 0
  for (const branch of branchesOf(tokens)) {
    const ofBranch = stepsOfBranch(branch)
    if (ofBranch === undefined) return undefined
    steps += ofBranch
  }
  return steps <= MAX_STEPS ? steps : undefined
}

function stepsOfBranch(branch: readonly PatternToken[]): number | undefined {
  let [ways, length, depth] = [1, 1, 0]
  for (const [at, token] of branch.entries()) {
    const { kind, min, max } = token
    if (kind === 'open') depth++
    if (kind === 'or') ways++
    if (kind === 'close') {
      depth--
      if (max > 1) return undefined
      ways *= max - min + 1
    }
    if (kind !== 'atom') continue
    if (max === Number.POSITIVE_INFINITY) {
      const isAlone = at === branch.length - 1 || isBetween(token, branch[at - 1], branch[at + 1])
      if (depth > 0 || !isAlone) return undefined
      length += min + 1
    } else {
      length += max
      ways *= max - min + 1
    }
  }
  return ways * length
}

function isBetween(
  { text }: PatternToken,
  before: PatternToken | undefined,
  after: PatternToken | undefined,
): boolean {
  const matched = new RegExp(`^${text}$`, 'iu')
  return [before, after].every((token) => isOneCharacter(token) && !matched.test(characterOf(token.text)))
}

/** A class would have to be compared with all of Unicode. */
function isOneCharacter(token: PatternToken | undefined): token is PatternToken {
  return (
    token?.kind === 'atom' && token.min === 1 && token.max === 1 && /^(?:[^.[\\]|\\\W)$/su.test(token.text)
  )
}

function characterOf(text: string): string {
  return text.startsWith('\\') ? text.slice(1) : text
}
