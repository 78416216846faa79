// Private keys in PEM and PGP armour.
import { CREDENTIAL, codeAt, is, isSpace, QUOTE } from './characters.ts'
import type { Scan } from './scan.ts'

const BEGIN = /^-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/

/** Whether the text holds the first line of a private key. */
export function beginsPrivateKey(text: string): boolean {
  return /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY/.test(text)
}

/**
 * Masks what stands between `-----BEGIN … PRIVATE KEY-----` and `-----END`; in quotes, line by line, what is in them. A
 * key that was cut off has no end: then as far as it looks like one.
 *
 * @param at the first dash
 */
export function hidePrivateKey(scan: Scan, at: number): number {
  const { text, codes } = scan
  const head = BEGIN.exec(text.slice(at, at + 80))?.[0]
  scan.steps += 80
  if (head === undefined) return at + 5
  const from = at + head.length
  // Line by line in quotes, as in an array of JSON; alone where there are none.
  const pieces: [number, number][] = []
  let start = from
  let isInside = true
  let end = from
  for (; end < text.length; end++) {
    const code = codeAt(codes, end)
    if (code === 45 && text.startsWith('-----', end)) break
    if (is(code, QUOTE)) {
      if (isInside) pieces.push([start, end])
      isInside = !isInside
      start = end + 1
    } else if (isInside ? !isBody(code) : !isSpace(code) && code !== 44 && code !== 92) break
  }
  if (isInside) pieces.push([start, end])
  scan.steps += end - from
  const isWhole = text.startsWith('-----END', end)
  for (const [index, [first, last]] of pieces.entries()) {
    if (index === 0 || isWhole) hideBody(scan, first, last)
  }
  return isWhole ? end : Math.max(scan.done, from)
}

/** Hides a stretch that holds more than signs; the backslashes of a quote behind it stay. */
function hideBody(scan: Scan, start: number, to: number): void {
  const { text, codes } = scan
  let end = to
  while (end > start && codeAt(codes, end - 1) === 92) end--
  scan.steps += end - start
  for (let at = start; at < end; at++) {
    const code = codeAt(codes, at)
    if (!is(code, CREDENTIAL) || (code === 110 && codeAt(codes, at - 1) === 92)) continue
    if (!text.slice(start, end).includes('***')) scan.hide(start, end)
    return
  }
}

function isBody(code: number): boolean {
  return (
    is(code, CREDENTIAL) ||
    isSpace(code) ||
    code === 92 ||
    code === 44 ||
    code === 58 ||
    code === 40 ||
    code === 41 ||
    code === 42
  )
}
