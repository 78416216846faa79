import { setField } from '../plain-data.ts'
import { type ExtraData, type Json, RECORD_LIMITS } from '../record.ts'
import { isCardNumber } from './cards.ts'
import { isHeldSecret } from './pairs.ts'
import { beginsPrivateKey } from './pem.ts'
import { redactText } from './redact-text.ts'
import { isSecretName, MASK, ownText } from './secret-names.ts'

/** Names found to hold nothing. They come again in nearly every record and need no second look. */
const harmlessNames = new Set<string>()
const MAX_HARMLESS_NAMES = 1000

/** A name without credentials in it; what is a name is asked again and again, so the harmless ones are remembered. */
export function redactName(name: string): string {
  if (harmlessNames.has(name)) return name
  const clean = redactText(name)
  if (clean === name && name.length <= RECORD_LIMITS.sourceCharacters) {
    if (harmlessNames.size >= MAX_HARMLESS_NAMES) harmlessNames.clear()
    harmlessNames.add(ownText(name))
  }
  return clean
}

/**
 * `extra_data` without credentials: fields named like one are masked whole (`true`, `false` and `null` stay: they say
 * whether, not what), texts at any depth as `redactText` does. Copies only what changes.
 *
 * @param secrets takes the texts that were masked for their name: the message may hold them too
 */
export function redactData(data: ExtraData, secrets?: string[]): ExtraData {
  let copy: ExtraData | undefined
  const keys = Object.keys(data)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    const value = data[key] as Json
    const cleanKey = redactName(key)
    const isSecret = (isSecretName(key) && !isCount(key, value)) || isHeldSecret(key, data)
    const clean = isSecret ? maskAll(value, secrets) : redactValue(value, key, secrets)
    if (copy === undefined && (clean !== value || cleanKey !== key)) {
      copy = {}
      for (const earlier of keys.slice(0, index)) setField(copy, earlier, data[earlier] as Json)
    }
    if (copy) setField(copy, cleanKey, clean)
  }
  return copy ?? data
}

/** `{ pass: 118, fail: 2 }` of a test run. */
function isCount(key: string, value: Json): boolean {
  return key === 'pass' && typeof value === 'number' && value < 1000
}

function redactValue(value: Json, key: string, secrets: string[] | undefined): Json {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'number') return value > 1e13 && isCard(value) ? MASK : value
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? redactArray(value, key, secrets) : redactData(value, secrets)
}

function isCard(value: number): boolean {
  return Number.isSafeInteger(value) && isCardNumber(String(value))
}

function redactArray(values: Json[], key: string, secrets: string[] | undefined): Json[] {
  // Node's rawHeaders and HAR-like pairs: the name stands before its value.
  const namesValues = /headers?$/i.test(key)
  let changed = false
  let inPrivateKey = false
  const result = values.map((value, index) => {
    const before = index > 0 ? values[index - 1] : undefined
    const clean =
      typeof before === 'string' && namesNext(before, namesValues) && !isFlag(value)
        ? maskAll(value, secrets)
        : inPrivateKey && typeof value === 'string' && !value.includes('-----')
          ? maskAll(value, undefined)
          : before === '-u' || before === '--user'
            ? maskUser(value)
            : redactValue(value, key, secrets)
    if (typeof value === 'string' && value.includes('-----')) {
      inPrivateKey = beginsPrivateKey(value) && !value.includes('-----END')
    }
    if (clean !== value) changed = true
    return clean
  })
  return changed ? result : values
}

/** Whether the item before a value names it: `["--password", "x"]`, `["Cookie", "a=b"]` where headers are. */
function namesNext(item: string, namesValues: boolean): boolean {
  if (item.startsWith('--')) return !item.includes('=') && isSecretName(item)
  return namesValues && isSecretName(item)
}

function isFlag(value: Json): boolean {
  return typeof value === 'string' && value.startsWith('--')
}

/** Masks the value of `curl -u`; two numbers are a user and a group. */
function maskUser(value: Json): Json {
  return typeof value === 'string' && /^[^\s:]+:./.test(value) && !/^\d+:\d+$/.test(value)
    ? `${MASK}:${MASK}`
    : value
}

/** Masks every leaf and keeps the shape, so that a reader sees what was there. */
function maskAll(value: Json, secrets: string[] | undefined): Json {
  if (value === null || typeof value === 'boolean' || value === '' || value === MASK) return value
  if (typeof value !== 'object') {
    if (typeof value === 'string') secrets?.push(value)
    return MASK
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => maskAll(item, secrets))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  let changed = false
  const masked: ExtraData = {}
  for (const key of Object.keys(value)) {
    const [before, cleanKey] = [value[key] as Json, redactName(key)]
    const after = maskAll(before, secrets)
    if (after !== before || cleanKey !== key) changed = true
    setField(masked, cleanKey, after)
  }
  return changed ? masked : value
}

/** Shorter ones are words that stand in messages for other reasons. */
const MIN_REPEATED = 6
/** Looking for each costs a walk over the message. */
const MAX_REPEATED = 8

/**
 * The message without the secrets of its fields: templates put them in, here or where the line comes from
 * (`Signed in with {Password}`).
 */
export function hideRepeated(message: string, secrets: readonly string[]): string {
  let clean = message
  for (const secret of secrets.slice(0, MAX_REPEATED)) {
    if (secret.length >= MIN_REPEATED && clean.includes(secret)) clean = clean.replaceAll(secret, MASK)
  }
  return clean
}
