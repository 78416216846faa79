import { codeAt, is, TOKEN } from './characters.ts'
import { saysNothing } from './ordinary-values.ts'
import type { Scan } from './scan.ts'
import { isSecretName, MASK } from './secret-names.ts'

/** How long the attributes of an element may be. */
const MAX_ATTRIBUTES = 1_000

/** SOAP, ONVIF and other XML: `<wsse:Password Type="…">geheim</wsse:Password>`; `at` is the `<`. Returns where to go on. */
export function hideElement(scan: Scan, at: number): number {
  const { text } = scan
  let name = at + 1
  let end = scan.tokenEnd(name)
  if (codeAt(text, end) === 58) {
    name = end + 1
    end = scan.tokenEnd(name)
  }
  if (end === name || !isSecretName(text.slice(name, end))) return at + 1
  let start = end
  for (let code = codeAt(text, start); code !== 62 && code !== 60; code = codeAt(text, ++start)) {
    if (start >= text.length || start - end > MAX_ATTRIBUTES || (start === end && is(code, TOKEN))) return end
  }
  scan.steps += start - at
  if (codeAt(text, start) !== 62) return end
  const from = start + 1
  const to = text.indexOf('<', from)
  scan.steps += (to < 0 ? text.length : to) - from
  if (to <= from || codeAt(text, to + 1) !== 47) return from
  // The string of JSON around it ends before the element does.
  if (scan.isJson && /(?:^|[^\\])"/.test(text.slice(from, to))) return from
  const value = text.slice(from, Math.min(to, from + 32))
  if (value.includes(MASK) || saysNothing(value)) return to
  scan.hide(from, to)
  return to
}
