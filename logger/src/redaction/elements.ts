import { codeAt, is, TOKEN } from './characters.ts'
import { nameAt } from './names.ts'
import { isEmptyValue } from './ordinary-values.ts'
import { COST, type Scan } from './scan.ts'

/** How long the attributes of an element may be. */
const MAX_ATTRIBUTES = 1_000

/** SOAP, ONVIF and other XML: `<wsse:Password Type="…">geheim</wsse:Password>`; `at` is the `<`. Returns where to go on. */
export function hideElement(scan: Scan, at: number): number {
  const { text, codes } = scan
  let name = at + 1
  let end = scan.tokenEnd(name)
  if (codeAt(codes, end) === 58) {
    name = end + 1
    end = scan.tokenEnd(name)
  }
  scan.steps += COST.look
  if (end === name || !nameAt(scan, name, end).isSecret) return at + 1
  let start = end
  for (let code = codeAt(codes, start); code !== 62 && code !== 60; code = codeAt(codes, ++start)) {
    if (start >= text.length || start - end > MAX_ATTRIBUTES || (start === end && is(code, TOKEN))) return end
  }
  scan.steps += start - at
  if (codeAt(codes, start) !== 62) return end
  const from = start + 1
  const to = text.indexOf('<', from)
  scan.steps += (to < 0 ? text.length : to) - from
  if (to <= from || codeAt(codes, to + 1) !== 47) return from
  // The string of JSON around it ends before the element does.
  if (scan.isJson && /(?:^|[^\\])"/.test(text.slice(from, to))) return from
  if (isEmptyValue(scan, from, to)) return to
  scan.hide(from, to)
  return to
}
