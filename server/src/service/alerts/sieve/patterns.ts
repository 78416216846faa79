// PostgreSQL's regular expressions as far as V8 takes them the same way, for lines of ASCII.
import { stepsOnV8 } from '../../../store/settings/linear-pattern.ts'
import {
  branchesOf,
  type PatternToken,
  RedactionPatternError,
  tokenisePattern,
} from '../../../store/settings/pattern-tokens.ts'

/** Classes of POSIX, a bracket within brackets, braces that are no repeat, line ends: read in other ways by V8. */
const READ_OTHERWISE = /\[\^?\]|\[[^\]]*\[|[\n\r]|\\[A-Za-z0-9](?<!\\[dDsSwW])/

/**
 * The pattern on V8; undefined where it might match otherwise than on PostgreSQL, or take long.
 *
 * @returns with it, whether it asks for the beginning or the end of the text
 */
export function patternOnV8(
  pattern: string,
  isCaseless: boolean,
): { regex: RegExp; hasAnchor: boolean } | undefined {
  const tokens = tokensOf(pattern)
  // The Kelvin sign in a pattern matches a k.
  if (!tokens || /[^\x20-\x7e]/.test(pattern) || stepsOnV8(tokens) === undefined) return undefined
  const hasAnchor = tokens.some(({ kind }) => kind === 'assertion')
  try {
    return { regex: new RegExp(pattern, isCaseless ? 'is' : 's'), hasAnchor }
  } catch {
    return undefined
  }
}

/** For each alternative of the pattern the texts that are in all it matches; undefined where it is not understood. */
export function literalsOfPattern(pattern: string): string[][] | undefined {
  const tokens = tokensOf(pattern)
  return tokens && branchesOf(tokens).map(literalsOfBranch)
}

function literalsOfBranch(branch: readonly PatternToken[]): string[] {
  const runs = ['']
  let depth = 0
  for (const { kind, text, min, max } of branch) {
    if (kind === 'open') depth++
    if (kind === 'close') depth--
    const isPlain = kind === 'atom' && /^(?:[^.[\\]|\\\W)$/s.test(text)
    if (depth > 0 || !isPlain || min !== 1 || max !== 1) runs.push('')
    else runs.push((runs.pop() ?? '') + text.slice(-1))
  }
  return runs
}

function tokensOf(pattern: string): PatternToken[] | undefined {
  if (READ_OTHERWISE.test(pattern)) return undefined
  try {
    const tokens = tokenisePattern(pattern)
    const isOdd = ({ kind, text }: PatternToken) => kind === 'atom' && (text === '{' || text === '}')
    return tokens.some(isOdd) ? undefined : tokens
  } catch (error) {
    if (error instanceof RedactionPatternError) return undefined
    throw error
  }
}
