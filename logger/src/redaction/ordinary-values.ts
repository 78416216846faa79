// Values that are none: they say that there is no secret, or stand where one will be.
import { isSecretName } from './secret-names.ts'

const setOf = (words: string) => new Set(words.split(' '))

/** In any notation. */
const NOTHING = setOf(
  'null none nil undefined true false redacted filtered masked hidden removed omitted unset optional required empty n/a',
)

const LONGEST_NOTHING = Math.max(...[...NOTHING].map((word) => word.length))
/** Their first letters: most values begin with another, and no text is made to look them up. */
const BEGINS_NOTHING = new Set([...NOTHING].map((word) => word.charCodeAt(0)))

/** Prose after a colon ("password: must not be empty") is no password. */
const PROSE = setOf(
  'is was were are be been must may can cannot should will has have had not no required invalid missing expired failed ' +
    'incorrect wrong ok yes set changed valid accepted rejected denied unknown loaded loading stored found generated ' +
    'created saved updated rotated revoked mismatch verified refreshed received sent issued validated cleared deleted ' +
    'enabled disabled supported unsupported unauthorized forbidden successful successfully success error too the a an ' +
    'for to of and or from in on by with at as it its this that your please enter option options flag argument ' +
    'parameter value field policy bucket type length check reset change update login based only when if unless before ' +
    'after during using use used see string number object boolean function',
)

/** @param afterColon where a sentence may stand */
export function saysNothing(value: string, afterColon = false): boolean {
  if (value.length > 16) return false
  if (!afterColon && (value.length > LONGEST_NOTHING || !BEGINS_NOTHING.has(value.charCodeAt(0) | 32)))
    return false
  const word = value.toLowerCase()
  return NOTHING.has(word) || (afterColon && PROSE.has(word))
}

/** A path of the machine, as in `private_key: /etc/ssl/key.pem`, or what an object is printed as. */
export function isHarmless(value: string): boolean {
  const code = value.charCodeAt(0)
  if (code !== 47 && code !== 111) return false
  return /^(?:\/(?:etc|run|var|home|usr|opt|tmp|root|app|srv|mnt|data|secrets|config)\/|object\b)/.test(value)
}

/** `%s`, `{}`, `{0}`, `${DB_PASSWORD}`, `$PASSWORD`, `<password>`, `{password}`, `?`, `:password`. */
export function isPlaceholder(value: string): boolean {
  const code = value.charCodeAt(0)
  if (code !== 37 && code !== 123 && code !== 36 && code !== 60 && code !== 63 && code !== 58) return false
  if (/^(?:%[sdvqj]|\{\d{0,2}\}|\$\{?[A-Z][A-Z0-9_]{2,}\}?|\?)[,;.)\]]*$/.test(value)) return true
  const name = /^(?::|[<{]\{?)([\w -]{3,40})[>}]{0,2}$/.exec(value)?.[1]
  return name !== undefined && isSecretName(name)
}
