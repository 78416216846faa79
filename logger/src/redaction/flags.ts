// `--password hunter2`, `-u name:password`, and the same as items of an array in JSON.
import { BLANK, codeAt, is, QUOTE, TOKEN } from './characters.ts'
import { nameAt } from './names.ts'
import { COST, type Scan } from './scan.ts'
import { MASK } from './secret-names.ts'
import { hideQuoted, hideRun } from './values.ts'

/** Takes the dashes that start at `at`, when they are those of a flag; returns where to go on. */
export function hideFlag(scan: Scan, at: number): number {
  const { codes } = scan
  const isLong = codeAt(codes, at + 1) === 45
  const start = isLong ? at + 2 : at + 1
  const end = scan.tokenEnd(start)
  if (end === start || end - start > 64) return start
  scan.steps += COST.look
  const name = nameAt(scan, start, end)
  if (name.text === (isLong ? 'user' : 'u')) return hideUser(scan, end)
  if (!isLong || !name.isSecret) return start
  const value = argumentStart(scan, end)
  // With `=` it is an assignment like any other; with a dash the next flag.
  if (value < 0 || codeAt(codes, value) === 45) return end
  const quote = scan.quoteAt(value)
  const named = { name, quote: '', equals: false, encoded: false }
  if (quote !== '' && scan.quoteAt(end) === '' && scan.isAround(quote, '')) return value
  if (quote !== '') return hideQuoted(scan, value + quote.length, quote, named)
  return hideRun(scan, value, named)
}

/** `name:password` behind `-u`; numbers are a user and a group. */
function hideUser(scan: Scan, end: number): number {
  const { text, codes } = scan
  const isEquals = codeAt(codes, end) === 61
  let start = isEquals ? end + 1 : argumentStart(scan, end)
  if (start < 0) return end
  start += scan.quoteAt(start).length
  let colon = -1
  let at = start
  for (let code = codeAt(codes, at); at < text.length; code = codeAt(codes, ++at)) {
    if (code <= 32 || is(code, QUOTE) || code === 92) break
    if (code === 58 && colon < 0) colon = at
  }
  scan.steps += at - end
  if (text.startsWith(MASK, start)) return at
  if (colon <= start || at === colon + 1 || colon - start > 64) return end
  if (/^\d+:\d+/.test(text.slice(start, Math.min(at, start + 32)))) return at
  scan.hide(start, at, `${MASK}:${MASK}`)
  return at
}

/** Where the argument of a flag starts: behind blanks, or as the next item of an array; -1 when there is none. */
function argumentStart(scan: Scan, end: number): number {
  const { codes } = scan
  let at = end
  const quote = scan.quoteAt(at)
  at += quote.length
  if (quote !== '') {
    if (codeAt(codes, at) !== 44) return -1
    at++
  }
  const from = at
  while (is(codeAt(codes, at), BLANK)) at++
  scan.steps += at - end
  if (quote === '') return at > from ? at : -1
  return scan.quoteAt(at) === quote ? at : -1
}

/** Whether a flag can start behind this character. */
export function startsFlag(before: number): boolean {
  return !is(before, TOKEN) && before !== 46 && before !== 47
}
