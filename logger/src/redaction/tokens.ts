// Credentials that are known by how they look, wherever they stand.
import { type Codes, codeAt, DIGIT, is, standsAt, WORD } from './characters.ts'
import { COST, type Scan } from './scan.ts'

type Form = {
  /** Characters behind the prefix, at least. */
  least: number
  /** The form of the characters directly behind the prefix. */
  begins?: RegExp
  /** Words may stand there too: a digit distinguishes a token from them. */
  digit?: boolean
}

/** By the first piece with the sign behind it. */
const FORMS = new Map<string, Form>([
  // Our own API keys.
  ['tl_', { least: 43 }],
  // GitHub, GitLab, Slack, Stripe, OpenAI, Anthropic, Google, Hugging Face, SendGrid, npm
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((name): [string, Form] => [name, { least: 20 }]),
  ['github_', { least: 24, begins: /^pat_/ }],
  ['glpat-', { least: 16 }],
  ...['xoxa-', 'xoxb-', 'xoxe-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-'].map((name): [string, Form] => [
    name,
    { least: 10, digit: true },
  ]),
  ['sk_', { least: 15, begins: /^(?:live|test)_/ }],
  ['rk_', { least: 15, begins: /^(?:live|test)_/ }],
  ['whsec_', { least: 20 }],
  ['sk-', { least: 20, digit: true }],
  ['ya29.', { least: 20 }],
  ['hf_', { least: 20 }],
  ['SG.', { least: 20, digit: true }],
  ['npm_', { least: 30 }],
  // PyPI, Docker, DigitalOcean, Shopify, Vault, Grafana, Linear, Postman, New Relic
  ['pypi-', { least: 40 }],
  ['dckr_', { least: 20, begins: /^pat_/ }],
  ['dop_', { least: 40, begins: /^v1_/ }],
  ['shpat_', { least: 30 }],
  ['shpss_', { least: 30 }],
  ['hvs.', { least: 24 }],
  ['glsa_', { least: 32 }],
  ['lin_', { least: 40, begins: /^api_/ }],
  ['PMAK-', { least: 40 }],
  ['NRAK-', { least: 20 }],
])
/** The prefixes of all known tokens. */
export const PREFIXES: readonly string[] = [...FORMS.keys()]
const LONGEST = Math.max(...PREFIXES.map((name) => name.length))

/** Two bits of each prefix, its first and its last letter: most words are let through by these. */
const ENDS = new Uint8Array(128)
for (const name of PREFIXES) {
  for (const [at, bit] of [
    [0, 1],
    [name.length - 2, 2],
  ] as const) {
    const code = name.charCodeAt(at)
    ENDS[code] = (ENDS[code] as number) | bit
  }
}

/** The forms by their first letter and length: no text is made to find one. */
const BY_START: { name: string; form: Form }[][] = Array.from({ length: 128 }, () => [])
for (const [name, form] of FORMS) BY_START[placeOf(name.charCodeAt(0), name.length)]?.push({ name, form })

function placeOf(first: number, length: number): number {
  return (first + Math.imul(length, 37)) & 127
}

function formAt(codes: Codes, start: number, end: number): Form | undefined {
  const forms = BY_START[placeOf(codeAt(codes, start), end - start)] as { name: string; form: Form }[]
  for (let index = 0; index < forms.length; index++) {
    const { name, form } = forms[index] as { name: string; form: Form }
    if (name.length === end - start && standsAt(codes, name, start)) return form
  }
  return undefined
}

/** Whether the first piece of a prefix can end in this character. */
export function endsPrefix(code: number): boolean {
  return code < 128 && ((ENDS[code] as number) & 2) !== 0
}

/** `ghp_…`, `sk-…`, `ya29.…`: `at` is the sign behind the first piece. Returns where to go on. */
export function hidePrefixed(scan: Scan, at: number): number {
  const { text, codes } = scan
  if (!is(codeAt(codes, at + 1), WORD)) return at + 1
  const lowest = Math.max(scan.done, at - LONGEST)
  let start = at
  for (; start > lowest; start--) {
    const code = codeAt(codes, start - 1)
    if (code === 95 || !is(code, WORD)) break
  }
  scan.steps += at - start
  if (at - start < 2 || ((ENDS[codeAt(codes, start)] as number) & 1) === 0) return at + 1
  if (start > scan.done && is(codeAt(codes, start - 1), WORD)) return at + 1
  scan.steps += COST.word
  const form = formAt(codes, start, at + 1)
  if (form === undefined) return at + 1
  const end = scan.tokenEnd(at + 1)
  if (end - at <= form.least || (form.digit && !scan.hasDigit(at + 1))) return at + 1
  if (form.begins && !form.begins.test(text.slice(at + 1, at + 8))) return at + 1
  const whole = codeAt(codes, at) === 46 ? dottedEnd(scan, end) : end
  scan.hide(start, whole)
  return whole
}

/** Where the further pieces end that a token has behind points. */
function dottedEnd(scan: Scan, from: number): number {
  let end = from
  for (let piece = 0; piece < 2 && codeAt(scan.codes, end) === 46; piece++) {
    const next = scan.tokenEnd(end + 1)
    if (next === end + 1) break
    end = next
  }
  return end
}

/** `eyJ…`, a JSON web token; `at` is the J. */
export function hideJwt(scan: Scan, at: number): number {
  const { codes } = scan
  if (codeAt(codes, at - 1) !== 121 || codeAt(codes, at - 2) !== 101 || at - 2 < scan.done) return at + 1
  if (is(codeAt(codes, at - 3), WORD) && at - 3 >= scan.done) return at + 1
  const first = scan.tokenEnd(at + 1)
  const end = dottedEnd(scan, first)
  if (end === first || end - at < 18) return at + 1
  scan.hide(at - 2, end)
  return end
}

/** `AKIA…` and `ASIA…`, keys of AWS; `at` is the I. */
export function hideAwsKey(scan: Scan, at: number): number {
  const { text, codes } = scan
  const start = at - 2
  if (start < scan.done || codeAt(codes, at + 1) !== 65) return at + 1
  const head = text.slice(start, at)
  if ((head !== 'AK' && head !== 'AS') || is(codeAt(codes, start - 1), WORD)) return at + 1
  const key = text.slice(at + 2, at + 19)
  scan.steps += 17
  if (!/^[0-9A-Z]{16}(?!\w)/.test(key)) return at + 1
  scan.hide(start, at + 18)
  return at + 18
}

/** `AIza…`, keys of Google; `at` is the z. */
export function hideGoogleKey(scan: Scan, at: number): number {
  const { codes } = scan
  if (
    codeAt(codes, at - 1) !== 73 ||
    codeAt(codes, at - 2) !== 65 ||
    is(codeAt(codes, at - 3), WORD) ||
    at - 2 < scan.done
  )
    return at + 1
  const end = scan.tokenEnd(at + 1)
  if (end - at <= 31) return at + 1
  scan.hide(at - 2, end)
  return end
}

/** `123456789:AA…`, a bot of Telegram; `at` is the colon. Returns -1 when it is none. */
export function hideTelegram(scan: Scan, at: number): number {
  const { codes } = scan
  let start = at
  while (at - start < 11 && is(codeAt(codes, start - 1), DIGIT)) start--
  scan.steps += at - start
  if (at - start < 8 || at - start > 10) return -1
  const end = scan.tokenEnd(at + 1)
  if (end - at < 31 || end - at > 60) return -1
  scan.hide(at + 1, end)
  return end
}
