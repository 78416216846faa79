/** What replaces a secret. */
export const MASK = '***'

const LAST_WORD = new Set(
  (
    'password passwords passwd passphrase passcode pass pwd psw secret secrets token cookie cookies apikey ' +
    'authorization credential credentials jwt loginpas loginpassword phpsessid jsessionid'
  ).split(' '),
)

const LAST_TWO_WORDS = new Set(
  (
    'apikey accesskey secretkey privatekey encryptionkey signingkey masterkey authkey sharedkey sessionkey ' +
    'passwordhash passwordsalt connectsid'
  ).split(' '),
)

/** Names an application logs are few; more than this many are data, and are looked at each time. */
const MAX_KNOWN = 2_000
const known = new Map<string, boolean>()

/**
 * Whether the field is called like a credential: `password`, `dbPassword`, `X-API-Key`, `refresh_token`. By words, so
 * that `bypass`, `token_count` and `keyboard` are none.
 */
export function isSecretName(name: string): boolean {
  const before = known.get(name)
  if (before !== undefined) return before
  const secret = namesSecret(name)
  if (known.size < MAX_KNOWN) known.set(name, secret)
  return secret
}

function namesSecret(name: string): boolean {
  // Only the end decides, and bounding it keeps an absurdly long name cheap.
  const words = name
    .slice(-80)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
  const last = words.at(-1)
  if (last === undefined) return false
  return LAST_WORD.has(last) || LAST_TWO_WORDS.has((words.at(-2) ?? '') + last)
}
