import type { ExtraData } from '@timelapser/logger'
import { putExtra } from '../record-fields.ts'

/** Longer ones are not read: each record of the stream gets a copy of them. */
const MAX_LABELS_CHARACTERS = 65_536

const PAIR = /\s*([A-Za-z_][\w.:-]*)\s*=\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*(,|$)/sy

/** The labels of a stream as Prometheus writes them, `{app="shop", host="a"}`; undefined when they are not. */
export function parseLabels(text: string): ExtraData | undefined {
  if (text.length > MAX_LABELS_CHARACTERS) return undefined
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]
  if (inner === undefined) return undefined
  if (inner.trim() === '') return {}
  return readPairs(inner) ?? readUnescapedPairs(inner)
}

function readPairs(inner: string): ExtraData | undefined {
  const labels: ExtraData = {}
  for (PAIR.lastIndex = 0; PAIR.lastIndex < inner.length; ) {
    const [, name = '', quoted = ''] = PAIR.exec(inner) ?? []
    const value = name === '' ? undefined : unquote(quoted)
    if (value === undefined) return undefined
    putExtra(labels, name, value)
  }
  return labels
}

/** Longer ones are not looked through for where an unescaped value may end. */
const MAX_UNESCAPED_CHARACTERS = 16_384
const UNESCAPED_PAIR = /([A-Za-z_][\w.:-]{0,199})="(.*?)"(?:$|,(?=[A-Za-z_][\w.:-]{0,199}="))/sy

/** Some senders (winston-loki 6) put values between quotes as they are; one then ends where the next name begins. */
function readUnescapedPairs(inner: string): ExtraData | undefined {
  if (inner.length > MAX_UNESCAPED_CHARACTERS) return undefined
  const labels: ExtraData = {}
  for (UNESCAPED_PAIR.lastIndex = 0; UNESCAPED_PAIR.lastIndex < inner.length; ) {
    const [, name, value = ''] = UNESCAPED_PAIR.exec(inner) ?? []
    if (name === undefined) return undefined
    putExtra(labels, name, value)
  }
  return labels
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

/** A string of Go: in backquotes as it is, in double quotes with escapes. */
export function unquote(quoted: string): string | undefined {
  if (quoted.length < 2) return undefined
  const inner = quoted.slice(1, -1)
  if (quoted.startsWith('`')) return inner
  let known = true
  const text = inner.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/gs,
    (_escape, byte?: string, short?: string, long?: string, octal?: string, letter?: string) => {
      if (letter !== undefined && !Object.hasOwn(ESCAPES, letter)) {
        known &&= '"\\\'`'.includes(letter)
        return letter
      }
      if (letter !== undefined) return ESCAPES[letter] ?? ''
      const code =
        octal === undefined ? Number.parseInt(byte ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8)
      return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
    },
  )
  return known ? text : undefined
}
