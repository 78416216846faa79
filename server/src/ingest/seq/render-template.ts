import { type ExtraData, type Json, RECORD_LIMITS, redactData, toExtraData } from '@timelapser/logger'

/** `{Name}`, `{@Name}`, `{Name,10:000}`, and doubled braces, which stand for one. */
const TOKENS = /\{\{|\}\}|\{([@$]?)([\w.-]{1,100})(,-?\d{1,4})?(:[^{}]{0,100})?\}/g

/**
 * A message template (messagetemplates.org) with its properties put in. A hole without a property stays as it is
 * written; the sender's renderings stand in, in order, for the holes that have a format.
 */
function renderTemplate(template: string, properties: ExtraData, renderings: unknown): string {
  const ready = Array.isArray(renderings) ? renderings : []
  let formatted = 0
  let characters = 0
  const put = (text: string) => {
    // A long property in thousands of holes: text beyond the limit of a message is not put in.
    characters += text.length
    return characters > RECORD_LIMITS.messageBytes ? '' : text
  }
  return template.replace(TOKENS, (token, _mode, name?: string, _width?: string, format?: string) => {
    if (name === undefined) return token === '{{' ? '{' : '}'
    const rendering: unknown = format === undefined ? undefined : ready[formatted++]
    if (typeof rendering === 'string') return put(rendering)
    return Object.hasOwn(properties, name) ? put(toText(properties[name] as Json)) : token
  })
}

/**
 * Masks the properties before it fills in the template: filled in first, a secret would stand without its name. Only
 * the upper levels of deeply nested properties are masked, as they are stored.
 */
export function renderMasked(template: string, properties: ExtraData, renderings: unknown): string {
  return renderTemplate(template, redactData(toExtraData(properties) ?? {}), renderings)
}

function toText(value: Json): string {
  return typeof value === 'string' ? value : shallow(value)
}

/** JSON of it, unless that would have to go too deep. */
function shallow(value: Json): string {
  try {
    return JSON.stringify(value)
  } catch {
    return '[too deep]'
  }
}
