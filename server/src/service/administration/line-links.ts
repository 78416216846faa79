import { AppError } from '../app-error.ts'

/** The values of a line that a link may hold, beside fields of `extra_data`. */
const PLACEHOLDERS = [
  'id',
  'timestamp',
  'level',
  'source',
  'logger_name',
  'camera_id',
  'camera_name',
  'message',
]

/** Longer addresses are refused by many servers. */
const MAX_CHARACTERS = 2000

/** A scheme and a host without a value in them: no line must lead elsewhere, or run as a script. */
const BEGINNING = /^https?:\/\/[^\s/?#{}@\\]+(?=[/?#]|$)/i

/**
 * Refuses templates of links that no browser should follow.
 *
 * @throws {AppError} INVALID_REQUEST that names the link and what is wrong
 */
export function checkLineLinks(links: Readonly<Record<string, string>>): void {
  for (const [name, template] of Object.entries(links)) {
    const problem = problemOf(template)
    if (problem !== undefined) throw new AppError('INVALID_REQUEST', `line_links.${name} ${problem}`)
  }
}

function problemOf(template: string): string | undefined {
  if (template.length > MAX_CHARACTERS) return `must have at most ${MAX_CHARACTERS} characters.`
  if (!BEGINNING.test(template)) {
    return 'must begin with http:// or https:// and a host, without a user name and without a {value} before the path, such as https://cameras.example/{camera_id}.'
  }
  if (/[\s\p{C}]/u.test(template.replaceAll(/\{[^{}]*\}/g, ''))) return 'must not contain spaces; write %20.'
  const placeholders = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)
  const unknown = placeholders.find((name) => !PLACEHOLDERS.includes(name) && !/^extra_data\.[^.]/.test(name))
  if (unknown !== undefined) {
    return `has {${unknown}}, which is not a value of a line. Values: ${PLACEHOLDERS.join(', ')} and extra_data.… with a field.`
  }
  const filled = template.replaceAll(/\{[^{}]*\}/g, 'x')
  if (/[{}]/.test(filled)) return 'has an unmatched { or }.'
  return URL.canParse(filled) ? undefined : 'is not a valid address.'
}
