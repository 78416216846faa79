// Bodies that people write themselves, with names of a notice in double braces.
import type { Notice } from './notice.ts'

/** Characters of a template, and of what becomes of it. */
export const MAX_TEMPLATE = 20_000
const MAX_BODY = 500_000

const PLACE = /\{\{\s*([\w.]*)\s*\}\}/g

/**
 * A notice by a template: `{{rule.name}}` is the value there, a list or an object its JSON. In a JSON body texts are
 * escaped. A name that the notice does not have becomes nothing.
 *
 * @returns with it the notes for the author; no body when the result is not JSON though it says so, or is too long
 */
export function fillTemplate(
  template: string,
  values: Notice & { plain_text: string },
  isJson: boolean,
): { body: string | undefined; notes: string[] } {
  const missing = new Set<string>()
  let left = MAX_BODY
  const body = template.replaceAll(PLACE, (_, name: string) => {
    const value = valueAt(values, name)
    if (value === undefined) missing.add(name)
    const text = left < 0 ? '' : textOf(value ?? '', isJson)
    left -= text.length
    return text
  })
  const notes = [...missing].slice(0, 5).map((name) => `a notice has no "${name.slice(0, 60)}"`)
  if (left < 0) return { body: undefined, notes: [...notes, `the body is over ${MAX_BODY} characters`] }
  if (isJson && !isValid(body)) return { body: undefined, notes: [...notes, 'the body is not JSON'] }
  return { body, notes }
}

function valueAt(values: object, name: string): unknown {
  let value: unknown = values
  for (const key of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

function textOf(value: unknown, isJson: boolean): string {
  if (typeof value === 'object') return JSON.stringify(value)
  const text = String(value)
  return isJson ? JSON.stringify(text).slice(1, -1) : text
}

function isValid(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
